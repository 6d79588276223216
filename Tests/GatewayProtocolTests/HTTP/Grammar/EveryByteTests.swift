import GatewayMessage
import GatewayProtocol
import NIOCore
import Testing

/// Each of the 256 bytes in each place of a message where classes of bytes differ, against the classes as the
/// specifications write them. What is refused is refused wherever the bytes are cut.
@Suite struct EveryByteTests {
    struct Place: CustomTestStringConvertible, Sendable {
        var name: String
        var before: String
        var after: String
        var accepts: @Sendable (UInt8) -> Bool

        var testDescription: String { self.name }

        func bytes(_ byte: UInt8) -> [UInt8] { Array(self.before.utf8) + [byte] + Array(self.after.utf8) }
    }

    static let punctuation = Array("!#$%&'*+-.^_`|~".utf8)
    static func isLetter(_ byte: UInt8) -> Bool { 0x41...0x5A ~= byte || 0x61...0x7A ~= byte }
    static func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }
    static func isToken(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) || punctuation.contains(byte) }
    static func isVisible(_ byte: UInt8) -> Bool { 0x21...0x7E ~= byte }
    static func isText(_ byte: UInt8) -> Bool { byte == 0x09 || byte >= 0x20 && byte != 0x7F }

    static let inRequests: [Place] = [
        // A blank ends the method early, and `x /` is no target. Lower case and the rest: see RequestLine.
        Place(name: "method", before: "GE", after: "T / HTTP/1.1\r\nHost: a\r\n\r\n") {
            0x41...0x5A ~= $0 || $0 == 0x2D || $0 == 0x5F
        },
        Place(name: "path", before: "GET /p", after: "q HTTP/1.1\r\nHost: a\r\n\r\n") {
            isVisible($0) && $0 != 0x23 && $0 != 0x5C
        },
        Place(name: "query", before: "GET /p?q", after: "rstuvwxyz HTTP/1.1\r\nHost: a\r\n\r\n") {
            isVisible($0) && $0 != 0x23
        },
        Place(name: "long query", before: "GET /p?qrstuvwxyz", after: "q HTTP/1.1\r\nHost: a\r\n\r\n") {
            isVisible($0) && $0 != 0x23
        },
        Place(name: "major version", before: "GET / HTTP/", after: ".1\r\nHost: a\r\n\r\n") { $0 == 0x31 },
        Place(name: "minor version", before: "GET / HTTP/1.", after: "\r\nHost: a\r\n\r\n") {
            $0 == 0x30 || $0 == 0x31
        },
        Place(name: "behind the version", before: "GET / HTTP/1.1", after: "\r\nHost: a\r\n\r\n") { _ in false },
        Place(name: "before the request line", before: "", after: "GET / HTTP/1.1\r\nHost: a\r\n\r\n") {
            0x41...0x5A ~= $0 || $0 == 0x2D || $0 == 0x5F
        },
        Place(name: "name", before: "GET / HTTP/1.1\r\nHost: a\r\nX", after: "y: z\r\n\r\n") {
            isToken($0) || $0 == 0x3A
        },
        Place(name: "first of a name", before: "GET / HTTP/1.1\r\nHost: a\r\n", after: "y: z\r\n\r\n") { isToken($0) },
        Place(name: "before the colon", before: "GET / HTTP/1.1\r\nHost: a\r\nX", after: ": z\r\n\r\n") {
            isToken($0) || $0 == 0x3A
        },
        // 0x85: see FieldLine.
        Place(name: "value", before: "GET / HTTP/1.1\r\nHost: a\r\nX: y", after: "z\r\n\r\n") {
            isText($0) && $0 != 0x85
        },
        Place(
            name: "long value", before: "GET / HTTP/1.1\r\nHost: a\r\nX: 123456789", after: "abcdefghijklmnop\r\n\r\n"
        ) {
            isText($0) && $0 != 0x85
        },
        Place(name: "first of a value", before: "GET / HTTP/1.1\r\nHost: a\r\nX:", after: "\r\n\r\n") {
            isText($0) && $0 != 0x85
        },
        Place(name: "host", before: "GET / HTTP/1.1\r\nHost: a", after: "8\r\n\r\n") {
            isLetter($0) || isDigit($0) || "-._~!$&'()*+;=:".utf8.contains($0)
        },
        Place(name: "length", before: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1", after: "2\r\n\r\n") {
            isDigit($0)
        },
        Place(name: "coding", before: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:", after: "chunked\r\n\r\n") {
            $0 == 0x20 || $0 == 0x09
        },
        Place(name: "option", before: "GET / HTTP/1.1\r\nHost: a\r\nConnection: x", after: "y\r\n\r\n") {
            isToken($0) || $0 == 0x2C
        },
    ]

    @Test(arguments: inRequests)
    func request_isAccepted_ifTheByteMayStandThere(_ place: Place) {
        for byte in UInt8.min...UInt8.max {
            let bytes = place.bytes(byte)
            let whole = parseRequest(bytes)
            #expect((whole.head?.blockLength == bytes.count) == place.accepts(byte), "\(byte)")
            #expect((whole.violation == nil) == place.accepts(byte), "\(byte)")
            for cuts in Feeding.all(bytes.count) { #expect(parseRequest(bytes, cuts: cuts) == whole, "\(byte)") }
        }
    }

    static let inResponses: [Place] = [
        Place(name: "major version", before: "HTTP/", after: ".1 200 OK\r\n\r\n") { $0 == 0x31 },
        Place(name: "minor version", before: "HTTP/1.", after: " 200 OK\r\n\r\n") { $0 == 0x30 || $0 == 0x31 },
        Place(name: "status", before: "HTTP/1.1 ", after: "00 OK\r\n\r\n") { 0x31...0x35 ~= $0 },
        Place(name: "third digit", before: "HTTP/1.1 20", after: " OK\r\n\r\n") { isDigit($0) },
        Place(name: "before the reason", before: "HTTP/1.1 200", after: "OK\r\n\r\n") { $0 == 0x20 },
        Place(name: "reason", before: "HTTP/1.1 200 O", after: "K\r\n\r\n") { isText($0) },
        Place(name: "name", before: "HTTP/1.1 200 OK\r\nX", after: "y: z\r\n\r\n") { isToken($0) || $0 == 0x3A },
        Place(name: "first of a name", before: "HTTP/1.1 200 OK\r\n", after: "y: z\r\n\r\n") { isToken($0) },
        Place(name: "value", before: "HTTP/1.1 200 OK\r\nX: y", after: "z0123456789\r\n\r\n") { isText($0) },
        Place(name: "length", before: "HTTP/1.1 200 OK\r\nContent-Length: 1", after: "2\r\n\r\n") { isDigit($0) },
    ]

    @Test(arguments: inResponses)
    func response_isAccepted_ifTheByteMayStandThere(_ place: Place) {
        for byte in UInt8.min...UInt8.max {
            let bytes = place.bytes(byte)
            let whole = parseResponse(bytes)
            #expect((whole.head?.blockLength == bytes.count) == place.accepts(byte), "\(byte)")
            #expect((whole.violation == nil) == place.accepts(byte), "\(byte)")
            for cuts in Feeding.all(bytes.count) { #expect(parseResponse(bytes, cuts: cuts) == whole, "\(byte)") }
        }
    }

    static let inChunks: [Place] = [
        Place(name: "size", before: "", after: "\r\n0123456789abcdef\r\n0\r\n\r\n") { $0 == 0x30 },
        Place(name: "behind the size", before: "1", after: "\r\na\r\n0\r\n\r\n") { _ in false },
        Place(name: "before an extension", before: "1", after: "x\r\na\r\n0\r\n\r\n") { $0 == 0x3B },
        Place(name: "extension", before: "1;x", after: "y\r\na\r\n0\r\n\r\n") { $0 == 0x09 || 0x20...0x7E ~= $0 },
        Place(name: "behind the data", before: "1\r\na", after: "\r\n0\r\n\r\n") { _ in false },
        Place(name: "behind the last chunk", before: "0\r\n", after: "\r\n\r\n") { _ in false },
        Place(name: "name of a trailer", before: "0\r\nX", after: "y: z\r\n\r\n") { isToken($0) || $0 == 0x3A },
        Place(name: "trailer", before: "0\r\nX: y", after: "z\r\n\r\n") { isText($0) },
    ]

    @Test(arguments: inChunks)
    func chunks_areAccepted_ifTheByteMayStandThere(_ place: Place) {
        for byte in UInt8.min...UInt8.max {
            // Digits make another size of it, and a CR another end.
            if place.name == "size" || place.name == "behind the size", HTTPBodyDecoderTests.isHexadecimal(byte) {
                continue
            }
            let bytes = place.bytes(byte)
            let whole = HTTPBodyDecoderTests.decode(bytes, .chunked, cuts: [])
            #expect((whole.isAtEnd && whole.rest.isEmpty) == place.accepts(byte), "\(byte)")
            for cuts in Feeding.all(bytes.count) {
                #expect(HTTPBodyDecoderTests.decode(bytes, .chunked, cuts: cuts) == whole, "\(byte)")
            }
        }
    }
}

extension HTTPBodyDecoderTests {
    static func isHexadecimal(_ byte: UInt8) -> Bool {
        0x30...0x39 ~= byte || 0x41...0x46 ~= byte || 0x61...0x66 ~= byte
    }
}
