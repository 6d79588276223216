package import GatewaySettings
package import Logging
internal import Synchronization

/// The level of all operational loggers; a reload changes it while they are in use.
package final class LogThreshold: Sendable {
    private let level: Atomic<Int>

    package init(_ level: LogLevel) {
        self.level = Atomic(Self.index(of: level))
    }

    package func set(_ level: LogLevel) {
        self.level.store(Self.index(of: level), ordering: .relaxed)
    }

    package var current: Logger.Level {
        let index = self.level.load(ordering: .relaxed)
        return Logger.Level.allCases.indices.contains(index) ? Logger.Level.allCases[index] : .info
    }

    private static func index(of level: LogLevel) -> Int {
        let level: Logger.Level =
            switch level {
            case .debug: .debug
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            case .error: .error
            }
        return Logger.Level.allCases.firstIndex(of: level) ?? 0
    }
}

/// Formats operational lines and hands them to a sink, which never waits.
package struct GatewayLogHandler: LogHandler {
    private let label: String
    private let sink: LogSink
    private let format: LogFormat
    private let threshold: LogThreshold
    private var ownLevel: Logger.Level?

    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    package init(label: String, sink: LogSink, format: LogFormat, threshold: LogThreshold) {
        self.label = label
        self.sink = sink
        self.format = format
        self.threshold = threshold
    }

    /// A logger that writes to `sink`, without touching the process-wide logging system.
    package static func logger(
        label: String, sink: LogSink, format: LogFormat, threshold: LogThreshold
    ) -> Logger {
        Logger(label: label) { label in
            GatewayLogHandler(label: label, sink: sink, format: format, threshold: threshold)
        }
    }

    package var logLevel: Logger.Level {
        get { self.ownLevel ?? self.threshold.current }
        set { self.ownLevel = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        self.sink.write(line: self.line(for: event, at: .now()))
    }

    /// Text: `time level logger: message key=value …`. JSON: the same as one object.
    func line(for event: LogEvent, at time: LogTime) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        var line = LogLine(format: self.format)
        line.begin(time, in: &bytes)
        self.appendBeginning(of: event, line, to: &bytes)
        for (key, value) in self.fields(of: event) {
            line.add(dynamicKey: key, text: value, to: &bytes)
        }
        line.end(&bytes)
        return bytes
    }

    private func appendBeginning(of event: LogEvent, _ line: LogLine, to bytes: inout [UInt8]) {
        let message = event.message.description
        switch self.format {
        case .text:
            bytes.append(0x20)
            bytes.append(contentsOf: event.level.rawValue.utf8)
            bytes.append(0x20)
            bytes.append(contentsOf: self.label.utf8)
            LogText.append(": ", to: &bytes)
            LogText.appendEscaped(message.utf8.span.bytes, format: .text, to: &bytes)
        case .json:
            line.add(LogKey.level, text: event.level.rawValue.utf8.span.bytes, to: &bytes)
            line.add(LogKey.logger, text: self.label.utf8.span.bytes, to: &bytes)
            line.add(LogKey.message, text: message.utf8.span.bytes, to: &bytes)
        }
    }

    /// The event's metadata over the logger's over the provider's, by key; the event's error last.
    private func fields(of event: LogEvent) -> [(key: String, value: String)] {
        var merged = self.metadataProvider?.get() ?? [:]
        merged.merge(self.metadata) { $1 }
        if let metadata = event.metadata { merged.merge(metadata) { $1 } }
        var fields = merged.map { (key: $0.key, value: "\($0.value)") }
        fields.sort { $0.key < $1.key }
        if let error = event.error { fields.append((LogKey.problem, "\(error)")) }
        return fields
    }
}
