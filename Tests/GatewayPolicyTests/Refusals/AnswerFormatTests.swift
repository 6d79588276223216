import GatewayMessage
import Testing

@testable import GatewayPolicy

@Suite struct AnswerFormatTests {
    private static func preferred(_ values: [String]) -> AnswerFormat {
        let request = TestRequest("/", values.map { "Accept: \($0)" })
        let block = request.block
        return AnswerFormat.preferred(by: request.head, bytes: block.span.bytes)
    }

    @Test(arguments: [
        // Firefox, Chrome, Safari.
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
            + "application/signed-exchange;v=b3;q=0.7",
        "text/html", "TEXT/HTML", "text/html;q=0.5", "text/html;charset=utf-8", "text/*", "text/html, */*",
        "text/html, */*; q=0.01",
        "application/json;q=0.9, text/html", "application/json;q=0.1, text/html;q=0.2", "text/html;q=0.001",
        "application/json;q=0, text/html;q=0.1", "text/*, application/json;q=0.5", "text/html;q=0.5, */*;q=0.1",
        "text/html;level=\"a,b;q=0\", application/json;q=0.5", "text/html ; q=1.000", "text/html;Q=0.8",
        "text/html, application/*", "text/plain, text/html",
    ])
    func page_isForBrowsers(value: String) {
        #expect(Self.preferred([value]) == .html)
    }

    @Test(
        arguments: [
            "*/*", "", "application/json", "application/json, text/plain, */*", "application/json, text/html",
            "text/html, application/json", "text/html;q=0.5, application/json",
            "text/html;q=0",
            "text/html;q=0.0",
            "text/html;q=x, */*;q=0.1", "text/html;q=1.5, */*;q=0.1", "text/html;q=, */*;q=0.1",
            "text/html;q=0.1234, */*",
            "application/problem+json, text/html;q=0.9", "text/html;q=0.5, */*", "text/*;q=0.5, application/*",
            "image/*", "text",
            "text/plain", "text/html+x", "texthtml", ",,,", ";q=1", "\"", "\\", "text/html;q=0, text/*",
            "application/json;q=0.9, text/html;q=0.5", "text/htm", "*/*, application/json;q=0.1",
        ])
    func document_isForPrograms(value: String) {
        #expect(Self.preferred([value]) == .json)
    }

    @Test func lines_areOneList() {
        #expect(Self.preferred([]) == .json)
        #expect(Self.preferred(["*/*;q=0.1", "text/html"]) == .html)
        #expect(Self.preferred(["text/html;q=0.5", "application/json"]) == .json)
    }

    @Test func value_neverTraps() {
        var generator = SeededGenerator(seed: 9)
        let pieces = [
            "text/html", "application/json", "*/*", ",", ";", "q=", "0.5", "1", "\"", "\\", " ", "\t", "=", ".", "q",
        ]
        for _ in 0..<20_000 {
            let value = (0..<Int.random(in: 0..<12, using: &generator)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &generator)]
            }.joined()
            _ = Self.preferred([value])
        }
    }
}
