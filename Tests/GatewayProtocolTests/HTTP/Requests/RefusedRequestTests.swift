import GatewayProtocol
import Testing

/// Every rule that refuses a request, with the whole head at once, cut at every place, and byte by byte: the violation must
/// not depend on how the bytes arrived.
@Suite struct RefusedRequestTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var bytes: [UInt8]
        var violation: HTTPViolation

        init(_ text: String, _ violation: HTTPViolation) {
            self.bytes = Array(text.utf8)
            self.violation = violation
        }

        init(valueByte: UInt8) {
            self.bytes = Array("GET / HTTP/1.1\r\nHost: a\r\nX: b".utf8) + [valueByte] + Array("c\r\n\r\n".utf8)
            self.violation = .badFieldValue
        }

        var testDescription: String { "\(text(self.bytes).debugDescription) \(self.violation)" }
    }

    static let requestLines: [Case] = [
        Case("get / HTTP/1.1\r\nHost: a\r\n\r\n", .badMethod),
        Case("GEt / HTTP/1.1\r\nHost: a\r\n\r\n", .badMethod),
        Case("G@T / HTTP/1.1\r\nHost: a\r\n\r\n", .badMethod),
        Case("\u{16}\u{3}\u{1}", .badMethod),
        Case(" GET / HTTP/1.1\r\nHost: a\r\n\r\n", .badMethod),
        Case("\tGET / HTTP/1.1\r\nHost: a\r\n\r\n", .badMethod),
        Case("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", .badMethod),
        Case("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", .badRequestLine),
        Case("GET /  HTTP/1.1\r\nHost: a\r\n\r\n", .badVersion),
        Case("GET /\tHTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
        Case("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", .badRequestLine),
        Case("GET / HTTP/1.1\t\r\nHost: a\r\n\r\n", .badRequestLine),
        Case("GET / x HTTP/1.1\r\nHost: a\r\n\r\n", .badVersion),
        Case("GET\r\n\r\n", .badRequestLine),
        Case("GET \r\n\r\n", .badRequestLine),
        Case("GET /\r\n\r\n", .badRequestLine),
        Case("GET / \r\n\r\n", .badRequestLine),
        Case("GET / HTTP/1\r\n\r\n", .badRequestLine),
        Case("GET /?q\r\n\r\n", .badRequestLine),
        Case("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .badRequestLine),
        Case("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .bareLineFeed),
        Case("\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", .bareCarriageReturn),
        Case("GET / HTTP/1.1\nHost: a\r\n\r\n", .bareLineFeed),
        Case("GET /\nHost: a\r\n\r\n", .bareLineFeed),
        Case("GET / HTTP/1.1\rHost: a\r\n\r\n", .bareCarriageReturn),
        Case("GET /\rx HTTP/1.1\r\nHost: a\r\n\r\n", .bareCarriageReturn),
        Case("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", .bareCarriageReturn),
    ]

    static let targets: [Case] = [
        Case("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", .fragmentInTarget),
        Case("GET /a?b#c HTTP/1.1\r\nHost: a\r\n\r\n", .fragmentInTarget),
        Case("GET /a?bbbbbbbbbbbbbbb#c HTTP/1.1\r\nHost: a\r\n\r\n", .fragmentInTarget),
        Case("GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n", .backslashInPath),
        Case("GET \\a HTTP/1.1\r\nHost: a\r\n\r\n", .backslashInPath),
        Case("GET /\u{7F} HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
        Case("GET /\u{0} HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
        Case("GET /\u{B} HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
        Case("GET /é HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
        Case("GET /?é HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
        Case("GET /?abcdefghijklmnopé HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
        Case("GET /?abcdefgh\u{7F} HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
        Case("GET /?abcdefgh\u{1} HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
        Case("GET * HTTP/1.1\r\nHost: a\r\n\r\n", .targetNotOriginForm),
        Case("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", .targetNotOriginForm),
        Case("GET a HTTP/1.1\r\nHost: a\r\n\r\n", .targetNotOriginForm),
        Case("GET ?a HTTP/1.1\r\nHost: a\r\n\r\n", .targetNotOriginForm),
        Case("GET a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", .targetNotOriginForm),
        Case("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", .targetNotOriginForm),
        Case("GET ws://a/ HTTP/1.1\r\nHost: a\r\n\r\n", .targetNotOriginForm),
        Case("GET http:/a/ HTTP/1.1\r\nHost: a\r\n\r\n", .targetNotOriginForm),
        Case("GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", .targetNotOriginForm),
        Case("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n", .targetNotOriginForm),
        Case("GET http://a?q=/ HTTP/1.1\r\nHost: a\r\n\r\n", .targetNotOriginForm),
        Case("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", .authorityDiffersFromHost),
        Case("GET http://a:80/ HTTP/1.1\r\nHost: a\r\n\r\n", .authorityDiffersFromHost),
        Case("GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", .authorityDiffersFromHost),
        Case("GET http://a/ HTTP/1.0\r\n\r\n", .authorityDiffersFromHost),
        Case("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", .methodNotAllowed),
        Case("CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", .methodNotAllowed),
        Case("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", .methodNotAllowed),
    ]

    static let versions: [Case] = [
        Case("GET / HTTP/0.9\r\nHost: a\r\n\r\n", .versionNotSupported),
        Case("GET / HTTP/1.2\r\nHost: a\r\n\r\n", .versionNotSupported),
        Case("GET / HTTP/1.9\r\nHost: a\r\n\r\n", .versionNotSupported),
        Case("GET / HTTP/2.0\r\nHost: a\r\n\r\n", .versionNotSupported),
        Case("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .versionNotSupported),
        Case("GET / HTTP/1.10\r\nHost: a\r\n\r\n", .badRequestLine),
        Case("GET / HTTP/11.1\r\nHost: a\r\n\r\n", .badVersion),
        Case("GET / HTTP/1,1\r\nHost: a\r\n\r\n", .badVersion),
        Case("GET / HTTP/x.1\r\nHost: a\r\n\r\n", .badVersion),
        Case("GET / http/1.1\r\nHost: a\r\n\r\n", .badVersion),
        Case("GET / RTSP/1.0\r\nHost: a\r\n\r\n", .badVersion),
        Case("GET / ICE/1.0\r\nHost: a\r\n\r\n", .badVersion),
        Case("GET / SIP/2.0\r\nHost: a\r\n\r\n", .badVersion),
        Case("GET / HTTPS/1.1\r\nHost: a\r\n\r\n", .badVersion),
        Case("GET / HTTP /1.1\r\nHost: a\r\n\r\n", .badVersion),
        Case("GET / HTTP/1.1x\r\nHost: a\r\n\r\n", .badRequestLine),
        Case("GET / HTTP/3.0\r\nHost: a\r\n\r\n", .versionNotSupported),
        Case("GET / HTTP/0.0\r\nHost: a\r\n\r\n", .versionNotSupported),
    ]

    static let fields: [Case] = [
        Case(get("X: a\nY: b"), .bareLineFeed),
        Case("GET / HTTP/1.1\r\nHost: a\n\r\n", .bareLineFeed),
        Case("GET / HTTP/1.1\r\nHost: a\r\n\n", .bareLineFeed),
        Case("GET / HTTP/1.1\r\nHost: a\r\nX\n\r\n", .bareLineFeed),
        Case(get("X: a\rb"), .bareCarriageReturn),
        Case(get("X: a\r"), .bareCarriageReturn),
        Case(get("X\r: a"), .bareCarriageReturn),
        Case("GET / HTTP/1.1\r\nHost: a\r\n\rX: b\r\n\r\n", .bareCarriageReturn),
        Case(get("X: a", " b"), .obsoleteLineFolding),
        Case(get("X: a", "\tb: c"), .obsoleteLineFolding),
        Case("GET / HTTP/1.1\r\n Host: a\r\n\r\n", .obsoleteLineFolding),
        Case(get("X: a", " "), .obsoleteLineFolding),
        Case(get("X: a", "\t"), .obsoleteLineFolding),
        Case(get("X:", " a"), .obsoleteLineFolding),
        Case(get("X : a"), .whitespaceBeforeColon),
        Case(get("Content-Length : 1"), .whitespaceBeforeColon),
        Case(get("Transfer-Encoding\t: chunked"), .whitespaceBeforeColon),
        Case(get("X\t: a"), .whitespaceBeforeColon),
        Case(get("X y: a"), .whitespaceBeforeColon),
        Case(get(": a"), .emptyFieldName),
        Case(get("X"), .badFieldName),
        Case(get("X(y): a"), .badFieldName),
        Case(get("X\u{0}: a"), .badFieldName),
        Case(get("X\u{7F}: a"), .badFieldName),
        Case(get("é: a"), .badFieldName),
        Case(get("X/y: a"), .badFieldName),
        Case(get("\"X\": a"), .badFieldName),
    ]

    /// All controls but HTAB (and CR, LF, which have names of their own), DEL, and 0x85, where daphne splits lines.
    static let values: [Case] =
        (Array(UInt8(0)...0x1F) + [0x7F, 0x85]).filter { ![0x09, 0x0A, 0x0D].contains($0) }.map(Case.init(valueByte:))

    static let hosts: [Case] = [
        Case("GET / HTTP/1.1\r\n\r\n", .missingHost),
        Case("GET / HTTP/1.1\r\nX-Host: a\r\n\r\n", .missingHost),
        Case(get("Host: a"), .duplicateHost),
        Case(get("hOST: b"), .duplicateHost),
        Case("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", .duplicateHost),
        Case("GET / HTTP/1.1\r\nHost:\r\n\r\n", .badHost),
        Case("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", .badHost),
        Case("GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", .badHost),
        Case("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .badHost),
        Case("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", .badHost),
        Case("GET / HTTP/1.1\r\nHost: http://a\r\n\r\n", .badHost),
        Case("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .badHost),
        Case("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", .badHost),
        Case("GET / HTTP/1.0\r\nHost: a?\r\n\r\n", .badHost),
    ]

    static let framing: [Case] = [
        Case(post("Content-Length: 1", "Transfer-Encoding: chunked"), .lengthAndTransferEncoding),
        Case(post("Transfer-Encoding: chunked", "Content-Length: 1"), .lengthAndTransferEncoding),
        Case(post("Transfer-Encoding: chunked", "Content-Length: 0"), .lengthAndTransferEncoding),
        Case(post("Content-Length: 1", "Content-Length: 2"), .duplicateContentLength),
        Case(post("Content-Length: 1", "Content-Length: 1"), .duplicateContentLength),
        Case(post("Content-Length: 1, 1"), .badContentLength),
        Case(post("Content-Length: 1,"), .badContentLength),
        Case(post("Content-Length: +1"), .badContentLength),
        Case(post("Content-Length: -1"), .badContentLength),
        Case(post("Content-Length: 0x1"), .badContentLength),
        Case(post("Content-Length: 1a"), .badContentLength),
        Case(post("Content-Length: 1 1"), .badContentLength),
        Case(post("Content-Length: 1.0"), .badContentLength),
        Case(post("Content-Length: ,1"), .badContentLength),
        Case(post("Content-Length: 1;1"), .badContentLength),
        Case(post("Content-Length: \"1\""), .badContentLength),
        Case(post("Content-Length: 1e1"), .badContentLength),
        Case(post("Content-Length: 1_0"), .badContentLength),
        Case(post("Content-Length: ١"), .badContentLength),
        Case(post("Content-Length: -0"), .badContentLength),
        Case(post("Content-Length: 0", "Content-Length: 0"), .duplicateContentLength),
        Case(post("Content-Length:"), .badContentLength),
        Case(post("Content-Length: \t "), .badContentLength),
        Case(post("Content-Length: 9223372036854775808"), .badContentLength),
        Case(post("Content-Length: 18446744073709551617"), .badContentLength),
        Case(post("Content-Length: 99999999999999999999999999"), .badContentLength),
        Case(post("Transfer-Encoding: gzip, chunked"), .unknownTransferCoding),
        Case(post("Transfer-Encoding: chunked, gzip"), .unknownTransferCoding),
        Case(post("Transfer-Encoding: xchunked"), .unknownTransferCoding),
        Case(post("Transfer-Encoding: chunked;q=1"), .unknownTransferCoding),
        Case(post("Transfer-Encoding: identity"), .unknownTransferCoding),
        Case(post("Transfer-Encoding: \"chunked\""), .unknownTransferCoding),
        Case(post("Transfer-Encoding: chunked, chunked"), .badTransferEncoding),
        Case(post("Transfer-Encoding: chunked,"), .badTransferEncoding),
        Case(post("Transfer-Encoding:"), .badTransferEncoding),
        Case(post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), .badTransferEncoding),
        Case(post("Transfer-Encoding: chunked", "Transfer-Encoding: gzip"), .unknownTransferCoding),
        Case(post("Transfer-Encoding: chunked chunked"), .unknownTransferCoding),
        Case(post("Transfer-Encoding: \u{B}chunked"), .badFieldValue),
        Case(post("Transfer-Encoding: chunked\u{0}"), .badFieldValue),
        Case(post("Transfer-Encoding: chunked, identity"), .unknownTransferCoding),
        Case(post("Transfer-Encoding: ,chunked"), .badTransferEncoding),
        Case(post("Transfer-Encoding: ,"), .badTransferEncoding),
        Case(post("Transfer-Encoding: cow"), .unknownTransferCoding),
        Case("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", .transferEncodingInHTTP10),
        Case("POST / HTTP/1.0\r\nTransfer-Encoding: gzip\r\n\r\n", .transferEncodingInHTTP10),
        Case("POST / HTTP/1.0\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", .transferEncodingInHTTP10),
    ]

    static let options: [Case] = [
        Case(get("Connection: a b"), .badConnectionOption),
        Case(get("Connection: \"close\""), .badConnectionOption),
        Case(get("Connection: close;x"), .badConnectionOption),
        Case(post("Content-Length: 1", "Expect: 200-ok"), .unknownExpectation),
        Case(post("Content-Length: 1", "Expect: 100-continue, x"), .unknownExpectation),
        Case(post("Content-Length: 1", "Expect:"), .unknownExpectation),
        Case(get("Connection: upgrade", "Upgrade: websocket", "Content-Length: 1"), .upgradeWithBody),
        Case(get("Connection: upgrade", "Upgrade: websocket", "Transfer-Encoding: chunked"), .upgradeWithBody),
    ]

    @Test(arguments: requestLines + targets + versions + fields + values + hosts + framing + options)
    func request_isRefused_howeverItIsCut(_ refused: Case) {
        for cuts in Feeding.all(refused.bytes.count) {
            #expect(parseRequest(refused.bytes, cuts: cuts) == .violation(refused.violation), "cuts \(cuts.prefix(3))")
        }
    }

    /// A client may stop sending behind the offending line, or within it; it is refused all the same.
    @Test(
        arguments: [
            ("GET / HTTP/1.1\n", HTTPViolation.bareLineFeed),
            ("GET / HTTP/2.0", .versionNotSupported),
            ("GET / HTTP/1.1\r\nHost: a\n", .bareLineFeed),
            ("GET / HTTP/1.1\r\nHost: a\rX", .bareCarriageReturn),
            ("GET / HTTP/1.1\r\nHost: a\r\n X", .obsoleteLineFolding),
            ("GET / HTTP/1.1\r\nHost: a\r\nX ", .whitespaceBeforeColon),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n", .duplicateHost),
            ("POST / HTTP/1.1\r\nContent-Length: x\r\n", .badContentLength),
            ("POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n", .lengthAndTransferEncoding),
        ]
    )
    func violation_isSeen_withoutFurtherBytes(_ bytes: String, _ violation: HTTPViolation) {
        #expect(parseRequest(bytes) == .violation(violation))
        guard bytes.utf8.last == 0x0A else { return }
        #expect(parseRequest(bytes, cuts: Array(1..<bytes.utf8.count)) == .violation(violation))
    }

    @Test(
        arguments: [
            (HTTPViolation.badFieldValue, 400), (.methodNotAllowed, 405), (.requestLineTooLong, 414),
            (.unknownExpectation, 417), (.headerLineTooLong, 431), (.headTooLarge, 431), (.tooManyFields, 431),
            (.unknownTransferCoding, 501), (.versionNotSupported, 505), (.lengthAndTransferEncoding, 400),
        ]
    )
    func violation_hasStatus(_ violation: HTTPViolation, _ status: Int) {
        #expect(violation.status == status)
    }

    @Test func labels_areDistinct() {
        #expect(Set(HTTPViolation.allCases.map { "\($0.label)" }).count == HTTPViolation.allCases.count)
    }
}
