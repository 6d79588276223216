import GatewayMessage
import GatewaySettings

/// The `cors` block, compiled: for each origin the lines that its pages get to see, written out once.
///
/// An origin is compared with the list byte by byte, for browsers compare it so with the answer, and it is the list's own
/// text that is sent back. A request that is not allowed everything it asks for learns nothing of what it could have asked
/// for.
struct CORSRules: Sendable {
    private struct Entry: Sendable {
        var origin: [UInt8]
        var preflightLines: [UInt8]
        var responseLines: [UInt8]
    }

    private let entries: [Entry]
    /// For `*`: whoever asks, also who does not say where it comes from. A response that a cache keeps is then good for all.
    private let anyone: Entry?
    private let methods: [[UInt8]]
    /// Lower case.
    private let headers: [[UInt8]]

    private static let preflightVary: [UInt8] = Array(
        "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers\r\n".utf8)
    private static let responseVary: [UInt8] = Array("Vary: Origin\r\n".utf8)

    /// `origins` as `CORSOrigin` has compiled them.
    init(_ settings: CORSSettings, origins: [CORSOrigin]) {
        let entries = origins.map { Self.entry($0, settings) }
        self.anyone = zip(origins, entries).first { $0.0 == .anyone }?.1
        self.entries = entries
        self.methods = settings.methods.map { Array($0.utf8) }
        self.headers = settings.headers.map { $0.utf8.map(asciiLowercase) }
    }

    private static func entry(_ origin: CORSOrigin, _ settings: CORSSettings) -> Entry {
        var allow = "Access-Control-Allow-Origin: \(origin.text)\r\n"
        if settings.credentials, origin != .anyone { allow += "Access-Control-Allow-Credentials: true\r\n" }
        var preflight = allow
        if !settings.methods.isEmpty {
            preflight += "Access-Control-Allow-Methods: \(settings.methods.joined(separator: ", "))\r\n"
        }
        if !settings.headers.isEmpty {
            preflight += "Access-Control-Allow-Headers: \(settings.headers.joined(separator: ", "))\r\n"
        }
        preflight += "Access-Control-Max-Age: \(max(0, settings.maxAge.components.seconds))\r\n"
        var response = allow
        if !settings.exposedHeaders.isEmpty {
            response += "Access-Control-Expose-Headers: \(settings.exposedHeaders.joined(separator: ", "))\r\n"
        }
        return Entry(
            origin: Array(origin.text.utf8),
            preflightLines: Array(preflight.utf8) + Self.preflightVary,
            responseLines: Array(response.utf8) + (origin == .anyone ? [] : Self.responseVary)
        )
    }

    // MARK: Lines

    /// What to add to a response, the gateway's own refusals included.
    func responseLines(_ head: borrowing RequestHead, bytes: RawSpan) -> [UInt8] {
        if let anyone = self.anyone { return anyone.responseLines }
        return self.entry(for: head, bytes: bytes)?.responseLines ?? Self.responseVary
    }

    /// The lines of a preflight's answer.
    func preflightLines(_ preflight: Preflight, _ head: borrowing RequestHead, bytes: RawSpan) -> [UInt8] {
        guard let entry = self.anyone ?? self.entry(for: head, bytes: bytes),
            self.allowsMethod(preflight.method, in: bytes), self.allowsHeaders(head, bytes: bytes)
        else { return Self.preflightVary }
        return entry.preflightLines
    }

    private func entry(for head: borrowing RequestHead, bytes: RawSpan) -> Entry? {
        var value: ByteRange?
        for field in head.fields where field.known == .origin {
            guard value == nil else { return nil }
            value = field.value
        }
        guard let value else { return nil }
        for entry in self.entries where bytes.isEqual(value, entry.origin) { return entry }
        return nil
    }

    /// Methods tell letter case apart, and browsers write the usual ones in capitals.
    private func allowsMethod(_ method: ByteRange, in bytes: RawSpan) -> Bool {
        for allowed in self.methods where bytes.isEqual(method, allowed) { return true }
        return false
    }

    private func allowsHeaders(_ head: borrowing RequestHead, bytes: RawSpan) -> Bool {
        for field in head.fields where bytes.equalsIgnoringCase(field.name, "access-control-request-headers") {
            var start = field.value.lowerBound
            while start < field.value.upperBound {
                var end = start
                while end < field.value.upperBound, bytes.at(end) != UInt8(ascii: ",") { end += 1 }
                let name = ForwardedAddress.trimmed(ByteRange(start: start, end: end), in: bytes)
                guard name.isEmpty || self.allowsHeader(name, in: bytes) else { return false }
                start = end + 1
            }
        }
        return true
    }

    private func allowsHeader(_ name: ByteRange, in bytes: RawSpan) -> Bool {
        for allowed in self.headers where bytes.isEqualIgnoringCase(name, allowed) { return true }
        return false
    }
}
