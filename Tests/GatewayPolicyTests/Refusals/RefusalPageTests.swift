import Testing

@testable import GatewayPolicy

@Suite struct RefusalPageTests {
    private static let answer = RefusalAnswer.problem(
        status: 404, type: "no-route", title: "No route matches the request")

    private static func text(_ format: AnswerFormat, _ requestID: String) -> String {
        String(decoding: self.answer.body(format, requestID: Array(requestID.utf8)).bytes, as: UTF8.self)
    }

    @Test func page_saysWhatHappened() {
        let written = Self.answer.body(.html, requestID: Array("abc-1".utf8))
        #expect("\(written.contentType)" == "text/html; charset=utf-8")
        let page = String(decoding: written.bytes, as: UTF8.self)
        #expect(page.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">"))
        #expect(page.contains("<title>404 No route matches the request</title>"))
        #expect(page.contains("<h1>No route matches the request</h1>"))
        #expect(page.contains("<p class=\"status\">404</p>"))
        #expect(page.contains("<code>abc-1</code>"))
        #expect(page.contains("prefers-color-scheme: dark"))
        #expect(page.hasSuffix("</html>\n"))
        #expect(written.bytes.count < 2048)
        // Nothing is loaded from anywhere.
        for word in ["<script", "http:", "https:", "src=", "href=", "url(", "@import"] { #expect(!page.contains(word)) }
    }

    @Test func page_isBalanced() {
        for status in [400, 403, 404, 405, 408, 413, 414, 417, 426, 429, 431, 500, 501, 502, 503, 504, 505] {
            let page = String(decoding: RefusalPage.render("A title", status: status, requestID: [0x61]), as: UTF8.self)
            for tag in ["html", "head", "title", "style", "body", "main", "h1", "p", "code"] {
                let opened = page.components("<\(tag)>") + page.components("<\(tag) ")
                #expect(opened == page.components("</\(tag)>") && opened > 0, "\(status) \(tag)")
            }
            // One sentence, and it ends.
            #expect(page.contains(".</p>\n"))
        }
    }

    @Test func requestID_isEscaped() {
        let page = Self.text(.html, "<script>alert('1')&amp;</script>")
        #expect(page.contains("<code>&lt;script&gt;alert(&#39;1&#39;)&amp;amp</code>") == false)
        #expect(!page.contains("<script"))
        #expect(Self.text(.html, "<b>&'").contains("<code>&lt;b&gt;&amp;&#39;</code>"))
    }

    @Test(arguments: ["", "a b", "a\"b", "a\\b", "a,b", "a;b", "\u{E9}", "a\r\nb", String(repeating: "x", count: 129)])
    func requestID_isLeftOut_whenItIsNotFit(requestID: String) {
        #expect(!Self.text(.html, requestID).contains("class=\"request\""))
        #expect(
            Self.text(.json, requestID)
                == #"{"type":"urn:tollgate:problem:no-route","title":"No route matches the request","status":404}"#)
    }

    @Test func document_namesTheRequest() {
        let body = Self.text(.json, "a<1>'")
        #expect(body.hasSuffix(#","status":404,"request_id":"a<1>'"}"#))
        #expect("\(Self.answer.body(.json, requestID: []).contentType)" == "application/problem+json")
    }

    @Test func frameworksAnswer_isJSON_forEverybody() {
        let answer = RefusalAnswer(status: 401, headerLines: [], content: .json(Array("{}".utf8)))
        for format in [AnswerFormat.json, .html] {
            let written = answer.body(format, requestID: Array("a".utf8))
            #expect("\(written.contentType)" == "application/json" && written.bytes == Array("{}".utf8))
        }
    }

    /// Titles and types stand in documents and pages as they are.
    @Test func publicTexts_needNoEscapes() {
        let reasons: [RejectionReason] =
            [.noRoute, .methodNotAllowed, .addressNotAllowed, .originNotAllowed, .originMissing, .keysUnavailable]
            + PathProblem.allCases.map { .badPath($0) }
        for reason in reasons {
            guard let problem = reason.problem else { continue }
            #expect(!"\(problem.title)\(problem.type)".contains { "<>&\"'\\".contains($0) })
        }
    }
}

extension String {
    fileprivate func components(_ text: String) -> Int { self.ranges(of: text).count }
}
