package import GatewaySettings

/// How lines look; the settings' word for it.
package typealias LogFormatting = LogFormat

/// Writes one line of either format into a growing array: the same fields in the same order.
///
/// Text is `time kind key=value …`, absent values are `-`; JSON is one object, absent values are `null`.
struct LogLine: Sendable {
    let format: LogFormatting
    private var timestamp = TimestampRenderer()

    init(format: LogFormatting) {
        self.format = format
    }

    /// Begins a line of the access log.
    mutating func begin(_ time: LogTime, kind: StaticString, in bytes: inout [UInt8]) {
        self.begin(time, in: &bytes)
        switch self.format {
        case .text:
            bytes.append(0x20)
            LogText.append(kind, to: &bytes)
        case .json:
            self.add(LogKey.kind, label: kind, to: &bytes)
        }
    }

    /// Begins any line, with nothing but the time.
    mutating func begin(_ time: LogTime, in bytes: inout [UInt8]) {
        switch self.format {
        case .text:
            self.timestamp.append(time, to: &bytes)
        case .json:
            LogText.append("{\"", to: &bytes)
            LogText.append(LogKey.time, to: &bytes)
            LogText.append("\":\"", to: &bytes)
            self.timestamp.append(time, to: &bytes)
            bytes.append(0x22)
        }
    }

    func end(_ bytes: inout [UInt8]) {
        if self.format == .json { bytes.append(0x7D) }
        bytes.append(0x0A)
    }

    private func addKey(_ key: StaticString, to bytes: inout [UInt8]) {
        switch self.format {
        case .text:
            bytes.append(0x20)
            LogText.append(key, to: &bytes)
            bytes.append(0x3D)
        case .json:
            LogText.append(",\"", to: &bytes)
            LogText.append(key, to: &bytes)
            LogText.append("\":", to: &bytes)
        }
    }

    /// A value from outside.
    func add(_ key: StaticString, text: borrowing RawSpan, to bytes: inout [UInt8]) {
        self.addKey(key, to: &bytes)
        self.appendValue(text, to: &bytes)
    }

    /// A key that is not one of `LogKey`'s: escaped like a value.
    func add(dynamicKey key: String, text: String, to bytes: inout [UInt8]) {
        bytes.append(self.format == .json ? 0x2C : 0x20)
        self.appendValue(key.utf8.span.bytes, to: &bytes)
        bytes.append(self.format == .json ? 0x3A : 0x3D)
        self.appendValue(text.utf8.span.bytes, to: &bytes)
    }

    /// A value from outside; an empty one counts as absent.
    func add(_ key: StaticString, optional text: String, to bytes: inout [UInt8]) {
        if text.isEmpty { return self.addNothing(key, to: &bytes) }
        self.add(key, text: text.utf8.span.bytes, to: &bytes)
    }

    func appendValue(_ text: borrowing RawSpan, to bytes: inout [UInt8]) {
        if self.format == .text, LogText.isBare(text) {
            return text.withUnsafeBytes { bytes.append(contentsOf: $0) }
        }
        bytes.append(0x22)
        LogText.appendEscaped(text, format: self.format, to: &bytes)
        bytes.append(0x22)
    }

    /// A word of ours that needs no escaping; an empty one counts as absent.
    func add(_ key: StaticString, label: StaticString, to bytes: inout [UInt8]) {
        if label.utf8CodeUnitCount == 0 { return self.addNothing(key, to: &bytes) }
        self.addKey(key, to: &bytes)
        if self.format == .json { bytes.append(0x22) }
        LogText.append(label, to: &bytes)
        if self.format == .json { bytes.append(0x22) }
    }

    func add(_ key: StaticString, number: Int64, to bytes: inout [UInt8]) {
        self.addKey(key, to: &bytes)
        LogText.append(number, to: &bytes)
    }

    func add(_ key: StaticString, milliseconds microseconds: Int64, to bytes: inout [UInt8]) {
        self.addKey(key, to: &bytes)
        LogText.append(milliseconds: microseconds, to: &bytes)
    }

    func add(_ key: StaticString, flag: Bool, to bytes: inout [UInt8]) {
        self.addKey(key, to: &bytes)
        LogText.append(flag ? "true" : "false", to: &bytes)
    }

    func add(_ key: StaticString, id: ExchangeID, to bytes: inout [UInt8]) {
        self.addKey(key, to: &bytes)
        if self.format == .json { bytes.append(0x22) }
        id.append(to: &bytes)
        if self.format == .json { bytes.append(0x22) }
    }

    /// The path, with a mark where a query was.
    func add(_ key: StaticString, path: borrowing RawSpan, hasQuery: Bool, to bytes: inout [UInt8]) {
        self.addKey(key, to: &bytes)
        let isQuoted = self.format == .json || !LogText.isBare(path)
        if isQuoted { bytes.append(0x22) }
        LogText.append(path: path, format: self.format, to: &bytes)
        if hasQuery { LogText.append("?…", to: &bytes) }
        if isQuoted { bytes.append(0x22) }
    }

    func addNothing(_ key: StaticString, to bytes: inout [UInt8]) {
        self.addKey(key, to: &bytes)
        LogText.append(self.format == .text ? "-" : "null", to: &bytes)
    }
}
