import NIOHTTP1
import Testing

@testable import ChatDemo

@Suite struct DemoSiteTests {
    private let site = DemoSite(
        directory: .standard,
        mint: TokenMint(key: Array("a secret of the tests".utf8), accessLifetime: 60, refreshLifetime: 600),
        page: ChatPage()
    )

    private func answer(_ request: DemoRequest, now: Int64 = 1000) -> DemoResponse {
        site.respond(to: request, now: now, online: { _ in 0 })
    }

    private func text(_ response: DemoResponse) -> String {
        String(decoding: response.body, as: UTF8.self)
    }

    private func post(_ path: String, _ body: String, type: String = "application/json") -> DemoRequest {
        DemoRequest(method: .POST, uri: path, headers: ["Content-Type": type], body: Array(body.utf8))
    }

    @Test(arguments: [
        (
            #"{"username":"alice","password":"wrong"}"#, 401,
            #"{"detail":"No active account found with the given credentials"}"#
        ),
        ("{}", 400, #"{"username":["This field is required."],"password":["This field is required."]}"#),
        (#"{"username":"alice"}"#, 400, #"{"password":["This field is required."]}"#),
        (
            #"{"username":" ","password":null}"#, 400,
            #"{"username":["This field may not be blank."],"password":["This field may not be null."]}"#
        ),
        (
            #"{"username":true,"password":[]}"#, 400,
            #"{"username":["Not a valid string."],"password":["Not a valid string."]}"#
        ),
        ("[1]", 400, #"{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}"#),
        ("nonsense", 400, #"{"detail":"JSON parse error - the body is not a JSON document"}"#),
    ])
    func logIn_isRefusedInTheWordsOfSimplejwt(body: String, status: Int, expected: String) {
        let response = answer(post("/api/token/", body))
        #expect(Int(response.status.code) == status)
        #expect(text(response) == expected)
        #expect(response.headers["WWW-Authenticate"] == (status == 401 ? [#"Bearer realm="api""#] : []))
        #expect(response.headers["Content-Type"] == ["application/json"])
    }

    @Test(arguments: [
        (#"{"username":"alice","password":"alice-demo"}"#, "application/json"),
        (#"{"username":"alice","password":"alice-demo"}"#, "application/json; charset=utf-8"),
        ("username=alice&password=alice%2Ddemo", "application/x-www-form-urlencoded"),
    ])
    func logIn_givesBothTokens_whenTheBodyIs(body: String, type: String) throws {
        let response = answer(post("/api/token/", body, type: type))
        #expect(response.status == .ok)
        let tokens = try #require(JSONReader.read(response.body))
        let refresh = try #require(tokens["refresh"]?.string)
        #expect(tokens["access"]?.string != nil)
        let renewed = answer(
            post("/api/token/refresh/", JSONValue.object([.init(name: "refresh", value: .string(refresh))]).text))
        #expect(renewed.status == .ok)
        #expect(JSONReader.read(renewed.body)?["access"]?.string != nil)
        #expect(JSONReader.read(renewed.body)?["refresh"] == nil)
    }

    @Test func refresh_saysWhatSimplejwtSays_whenTheTokenIsBad() throws {
        let pair = try site.mint.pair(for: site.directory.users[0], now: 1000)
        func refresh(_ token: String, now: Int64) -> String {
            text(answer(post("/api/token/refresh/", #"{"refresh":"\#(token)"}"#), now: now))
        }
        #expect(refresh("x.y.z", now: 1000) == #"{"detail":"Token is invalid","code":"token_not_valid"}"#)
        #expect(refresh(pair.refresh, now: 9999) == #"{"detail":"Token is expired","code":"token_not_valid"}"#)
        #expect(refresh(pair.access, now: 1000) == #"{"detail":"Token has wrong type","code":"token_not_valid"}"#)
    }

    @Test func logIn_isRefused_whenTheMediaTypeIsNotSupported() {
        #expect(answer(post("/api/token/", "x", type: "text/plain")).status == .unsupportedMediaType)
    }

    @Test func method_isNotAllowed_andTheAnswerNamesThoseThatAre() {
        let response = answer(DemoRequest(method: .GET, uri: "/api/token/"))
        #expect(response.status == .methodNotAllowed)
        #expect(response.headers["Allow"] == ["POST, OPTIONS"])
        #expect(text(response) == #"{"detail":"Method \"GET\" not allowed."}"#)
    }

    @Test func rooms_showWhoMayEnter_whenTheGatewayNamedTheUser() throws {
        let response = answer(DemoRequest(method: .GET, uri: "/api/rooms/", headers: ["X-User-Id": "2"]))
        guard case .array(let rooms) = try #require(JSONReader.read(response.body)) else {
            return #expect(Bool(false), "not a list")
        }
        #expect(rooms.map { $0["is_member"] } == [true, true, false])
    }

    @Test(arguments: [[:], ["X-User-Id": "9"], ["X-User-Id": "1", "x-user-id": "2"]] as [HTTPHeaders])
    func rooms_areNotShown_whenTheIdentityIsMissingUnknownOrDoubled(headers: HTTPHeaders) {
        let response = answer(DemoRequest(method: .GET, uri: "/api/rooms/", headers: headers))
        #expect(response.status == .unauthorized)
        #expect(text(response) == #"{"detail":"Authentication credentials were not provided."}"#)
    }

    @Test func whoAmI_repeatsEverySpellingOfTheIdentity_butNeverAToken() throws {
        let headers: HTTPHeaders = [
            "X-User-Id": "1", "X_User_Id": "2", "X-Forwarded-For": "10.0.0.1",
            "Authorization": "Bearer secret.token.text",
        ]
        let response = answer(DemoRequest(method: .GET, uri: "/api/whoami/?token=secret.token.text", headers: headers))
        let value = try #require(JSONReader.read(response.body))
        #expect(value["user"]?["username"] == "alice")
        #expect(value["identity"] == [["name": "X-User-Id", "value": "1"], ["name": "X_User_Id", "value": "2"]])
        #expect(value["authorization"] == ["present": true, "scheme": "Bearer"])
        #expect(value["query_token"] == true)
        #expect(value["forwarded"] == [["name": "X-Forwarded-For", "value": "10.0.0.1"]])
        #expect(!text(response).contains("secret"))
    }

    @Test func page_allowsOnlyItsOwnStyleAndScript() {
        let response = answer(DemoRequest(method: .GET, uri: "/"))
        let policy = response.headers.first(name: "Content-Security-Policy") ?? ""
        #expect(response.status == .ok)
        #expect(policy.contains("default-src 'none'"))
        #expect(!policy.contains("unsafe"))
        #expect(text(response).hasPrefix("<!doctype html>"))
        for external in ["http://", "https://", "//cdn", "innerHTML", "document.write"] {
            let uses = text(response).replacing("http://www.w3.org/2000/svg", with: "").contains(external)
            #expect(!uses, "\(external)")
        }
    }

    @Test(arguments: [
        ("/ws/chat/1/", "1", 0), ("/ws/chat/%31/", "1", 0), ("/ws/chat/01/?token=x", "2", 0), ("/ws/chat/3/", "1", 0),
        ("/ws/chat/3/", "2", 403), ("/ws/chat/1/", "3", 403), ("/ws/chat/1/", "9", 403), ("/ws/chat/7/", "1", 403),
        ("/ws/chat/99999999999999999999999/", "1", 403),
        ("/ws/chat/1", "1", 404), ("/ws/chat//", "1", 404), ("/ws/chat/x/", "1", 404), ("/ws/chat/1/x", "1", 404),
        ("/ws/chat/-1/", "1", 404), ("//ws/chat/1/", "1", 404), ("/", "1", 404),
    ])
    func handshake_isJudgedByMembershipAlone(path: String, user: String, refusal: Int) {
        let headers: HTTPHeaders = ["X-User-Id": user, "Upgrade": "websocket"]
        let request = DemoRequest(method: .GET, uri: path, headers: headers)
        if case .accept = site.admission(ofHandshake: request) {
            #expect(refusal == 0)
        } else {
            let response = answer(request)
            #expect(Int(response.status.code) == refusal)
            if refusal == 403 { #expect(response.body.isEmpty) }
        }
    }
}
