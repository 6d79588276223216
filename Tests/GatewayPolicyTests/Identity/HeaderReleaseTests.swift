import GatewayPolicy
import GatewaySettings
import Testing

@Suite struct HeaderReleaseTests {
    @Test func releasedName_mayBeSent_byClients() throws {
        let gateway = try TestGateway(routes: "  - {path: '', upstream: chat, auth: none}") {
            $0.releasedHeaders = ["X-Consumer-Id", "remote_user"].located
        }
        var request = TestRequest(
            "/", ["X-Consumer-ID: 1", "X-Consumer-Username: 2", "Remote-User: 3", "X-User-Id: 4"])
        #expect(gateway.outcome(&request) == "anonymous")
        #expect(request.keptLines == ["X-Consumer-ID: 1", "Remote-User: 3"])
        #expect(!gateway.policy.ownedHeaderNames.contains("x-consumer-id"))
        #expect(gateway.policy.ownedHeaderNames.contains("x-request-id"))
    }

    @Test(
        arguments: [
            (
                "x-uesr", "the gateway does not remove “x-uesr”, so there is nothing to release",
                "did you mean “x-user”?"
            ),
            (
                "X-Consumer-Idd", "the gateway does not remove “X-Consumer-Idd”, so there is nothing to release",
                "did you mean “x-consumer-id”?"
            ),
            ("accept", "the gateway does not remove “accept”, so there is nothing to release", nil),
            ("", "the gateway does not remove “”, so there is nothing to release", nil),
            ("X-Tenant", "“X-Tenant” is one of the identity headers: clients must never send it", nil),
            ("x.tenant", "“x.tenant” is one of the identity headers: clients must never send it", nil),
            ("X-Forwarded-For", "“X-Forwarded-For” is sent by the gateway itself: clients must never send it", nil),
            ("x-forwarded-user", "“x-forwarded-user” is sent by the gateway itself: clients must never send it", nil),
            (
                "X_Forwarded_Anything",
                "“X_Forwarded_Anything” is sent by the gateway itself: clients must never send it", nil
            ),
            ("Forwarded", "“Forwarded” is sent by the gateway itself: clients must never send it", nil),
            ("x-request-id", "“x-request-id” is sent by the gateway itself: clients must never send it", nil),
        ] as [(String, String, String?)])
    func name_isAProblem_whenItCannotBeReleased(name: String, message: String, hint: String?) throws {
        let building = try TestGateway.build(PolicyText.small) { $0.releasedHeaders = [name].located }
        #expect(building.policy == nil)
        #expect(building.problems.map(\.message) == [message])
        #expect(building.problems.first?.hint == hint)
    }
}
