/// The body and the extra header lines of an HTTP refusal.
package struct RefusalAnswer: Sendable {
    package var status: Int
    package var contentType: StaticString
    /// Complete lines beside `Content-Type` and `Content-Length`, each ended by CRLF.
    package var headerLines: [UInt8]
    package var body: [UInt8]

    /// A problem document (RFC 9457). Its `type` is `urn:tollgate:problem:` and one stable word; the title is constant
    /// text, so nothing that a client sent is reflected.
    package static func problem(
        status: Int,
        type: StaticString,
        title: StaticString,
        headerLines: StaticString = ""
    ) -> RefusalAnswer {
        let body = #"{"type":"urn:tollgate:problem:\#(type)","title":"\#(title)","status":\#(status)}"#
        return RefusalAnswer(
            status: status,
            contentType: "application/problem+json",
            headerLines: headerLines.bytes,
            body: Array(body.utf8)
        )
    }
}

extension StaticString {
    var bytes: [UInt8] { self.withUTF8Buffer { Array($0) } }
}
