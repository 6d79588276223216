/// What an HTTP client is told when it is refused. How it reads is settled when it is written: the same refusal is a problem
/// document to a program and a small page to somebody with a browser.
package struct RefusalAnswer: Sendable {
    package enum Content: Sendable {
        /// In the words of Django REST framework, for clients that know them: JSON whatever was asked for.
        case json([UInt8])
        /// A problem (RFC 9457) whose `type` is `urn:tollgate:problem:` and one stable word. All of it is constant text.
        case problem(type: StaticString, title: StaticString)
    }

    package var status: Int
    /// Complete lines beside `Content-Type` and `Content-Length`, each ended by CRLF.
    package var headerLines: [UInt8]
    package var content: Content

    package init(status: Int, headerLines: [UInt8], content: Content) {
        self.status = status
        self.headerLines = headerLines
        self.content = content
    }

    /// A problem document or page; `Vary` because caches keep some refusals, and must not mix the two up.
    package static func problem(
        status: Int,
        type: StaticString,
        title: StaticString,
        headerLines: StaticString = ""
    ) -> RefusalAnswer {
        RefusalAnswer(
            status: status,
            headerLines: headerLines.bytes + Array("Vary: Accept\r\n".utf8),
            content: .problem(type: type, title: title)
        )
    }

    /// `requestID` is shown to the client so that it can be found in the log. It is the one thing here that may have come
    /// from outside; a text that is not fit to be shown is left out.
    package func body(_ format: AnswerFormat, requestID: [UInt8]) -> (contentType: StaticString, bytes: [UInt8]) {
        switch self.content {
        case .json(let json): return ("application/json", json)
        case .problem(let type, let title):
            let shown = ForwardedFields.isRequestID(requestID) ? requestID : []
            switch format {
            case .json:
                return ("application/problem+json", Self.document(type, title, status: self.status, requestID: shown))
            case .html:
                return ("text/html; charset=utf-8", RefusalPage.render(title, status: self.status, requestID: shown))
            }
        }
    }

    /// Titles and types need no escapes, and a request id holds neither quotes nor backslashes.
    private static func document(
        _ type: StaticString,
        _ title: StaticString,
        status: Int,
        requestID: [UInt8]
    ) -> [UInt8] {
        var document = Array(
            #"{"type":"urn:tollgate:problem:\#(type)","title":"\#(title)","status":\#(status)"#.utf8)
        if !requestID.isEmpty { document += #","request_id":""#.utf8 + requestID + #"""#.utf8 }
        document.append(UInt8(ascii: "}"))
        return document
    }
}

extension StaticString {
    var bytes: [UInt8] { self.withUTF8Buffer { Array($0) } }
}
