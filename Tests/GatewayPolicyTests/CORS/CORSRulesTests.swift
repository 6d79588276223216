import GatewayMessage
import GatewaySettings
import Testing

@testable import GatewayPolicy

@Suite struct CORSRulesTests {
    /// The policy is not built from such settings; the rules keep the promise alone all the same.
    @Test func credentials_neverGoWithEveryOrigin() throws {
        let settings = CORSSettings(["*"]) { $0.credentials = true }
        let rules = CORSRules(settings, origins: [.anyone])
        let lines = ["Origin: https://a.example", "Access-Control-Request-Method: GET"]
        let request = TestRequest("/", lines, method: .options)
        let block = request.block
        let found = Preflight(request.head, bytes: block.span.bytes)
        let preflight = try #require(found)
        for bytes in [
            rules.responseLines(request.head, bytes: block.span.bytes),
            rules.preflightLines(preflight, request.head, bytes: block.span.bytes),
        ] {
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.hasPrefix("Access-Control-Allow-Origin: *\r\n") && !text.contains("Credentials"))
        }
    }
}
