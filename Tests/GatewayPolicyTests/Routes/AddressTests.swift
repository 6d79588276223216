import GatewayMessage
import GatewaySettings
import Testing

@testable import GatewayPolicy

@Suite struct AddressTests {
    @Test(
        arguments: [
            (["10.0.0.0/8"], [], "10.1.2.3", true), (["10.0.0.0/8"], [], "11.0.0.1", false),
            (["10.0.0.0/8"], [], "unix", false),
            (["10.0.0.0/8"], ["10.1.0.0/16"], "10.1.2.3", false), (["10.0.0.0/8"], ["10.1.0.0/16"], "10.2.2.3", true),
            (["10.1.2.3"], ["10.0.0.0/8"], "10.1.2.3", false), (["unix"], [], "unix", true),
            (["unix"], [], "127.0.0.1", false),
            (["unix", "127.0.0.1"], [], "127.0.0.1", true), (nil, ["unix"], "unix", false),
            (nil, ["unix"], "10.0.0.1", true),
            (nil, ["192.0.2.0/24"], "192.0.2.255", false), (nil, ["192.0.2.0/24"], "192.0.3.0", true),
            ([], [], "10.0.0.1", false),
            (["10.0.0.0/8"], [], "::ffff:10.0.0.1", true), (["2001:db8::/32"], [], "2001:db8:1::1", true),
            (["2001:db8::/32"], [], "2001:db9::1", false), (["0.0.0.0/0"], [], "2001:db8::1", false),
            (["::/0"], ["0.0.0.0/0"], "10.0.0.1", false),
        ] as [([String]?, [String], String, Bool)])
    func deny_goesBeforeAllow(allow: [String]?, deny: [String], client: String, expected: Bool) throws {
        let gateway = try TestGateway(
            routes: "  - {path: 'a/', upstream: chat, auth: none, websocket: {refuse: close}}"
        ) {
            $0.routes[0].allow = allow?.map { .of($0) }
            $0.routes[0].deny = deny.map { .of($0) }
        }
        let address = client == "unix" ? nil : IPAddress(client)
        for isWebSocket in [true, false] {
            var request = TestRequest("/a/", ["Origin: https://a.example.com"])
            let outcome = gateway.outcome(&request, isWebSocket: isWebSocket, client: address)
            #expect(outcome == (expected ? "anonymous" : "403 address"))
        }
    }

    @Test func everybody_mayUseARouteWithoutRules() {
        #expect(AddressRules(allow: nil, deny: []) == nil)
    }

    /// Nothing of the route is told to who is kept out: neither whether a token is missing, nor what it takes.
    @Test func refusal_comesBeforeEverythingElse() throws {
        let gateway = try TestGateway(
            routes: "  - {path: 'a/<path:rest>', upstream: chat, auth: required, websocket: true}"
        ) {
            $0.routes[0].allow = [.of("10.0.0.0/8")]
            $0.routes[0].methods = ["GET"].located
        }
        for (target, method, isWebSocket) in [
            ("/a/b", RequestMethod.get, false), ("/a/b", .post, false), ("/a/b//c", .get, false), ("/a/b", .get, true),
        ] {
            var request = TestRequest(target, method: method)
            #expect(gateway.outcome(&request, isWebSocket: isWebSocket) == "403 address")
        }
    }

    /// A handshake is never accepted only to be closed: whoever is kept out holds no socket.
    @Test func handshake_isRefused_withAStatus() throws {
        let gateway = try TestGateway(
            routes: "  - {path: 'a/', upstream: chat, auth: none, websocket: {refuse: close}}"
        ) {
            $0.routes[0].deny = [.of("0.0.0.0/0")]
        }
        var request = TestRequest("/a/", ["Origin: https://a.example.com"])
        let refusal = try #require(gateway.judge(&request, isWebSocket: true).refusal)
        guard case .http(403) = delivery(of: refusal, hasOrigin: true, isWebSocket: true) else {
            Issue.record("accepted")
            return
        }
        let body = gateway.policy.answer(to: refusal).body(.json, requestID: []).bytes
        #expect(String(decoding: body, as: UTF8.self).contains("urn:tollgate:problem:address-not-allowed"))
    }
}
