import GatewayProtocol
import GatewaySettings
import Testing

@testable import GatewayServer

@Suite struct RelayPlanTests {
    @Test func age_isAtMostJitterBelowMaxAge() throws {
        var settings = WebSocketSettings()
        settings.maxAge = .seconds(1000)
        settings.maxAgeJitter = 20
        let plan = RelayPlan(settings)
        var random = SeededGenerator(seed: 1)
        var ages: [Duration] = []
        for _ in 0..<500 { ages.append(try #require(plan.age(random: random.next()))) }
        #expect(ages.allSatisfy { $0 <= .seconds(1000) && $0 >= .seconds(800) })
        #expect(try #require(ages.min()) < .seconds(820), "the whole range is used")
        #expect(try #require(ages.max()) > .seconds(980))
        #expect(RelayPlan(WebSocketSettings()).age(random: 1) == nil)
    }

    @Test func expiryJitter_isOnlyEverEarlier_andBounded() {
        var settings = WebSocketSettings()
        #expect(RelayPlan(settings).expiryJitter(random: .max) == 0)
        settings.expiryJitter = .seconds(30)
        let plan = RelayPlan(settings)
        let jitters = Set((0..<1000).map { plan.expiryJitter(random: UInt64($0)) })
        #expect(jitters == Set(0...30))
    }

    @Test func plan_needsASession_whenItIsRenewedByRequestOrNamed() {
        var settings = WebSocketSettings()
        #expect(!RelayPlan(settings).needsSession)
        settings.renewal.http = true
        #expect(RelayPlan(settings).needsSession)
        settings = WebSocketSettings()
        settings.expiryNotice = ExpiryNoticeSettings(before: .seconds(60))
        #expect(RelayPlan(settings).needsSession)
        settings.expiryNotice?.message = [.text("soon")]
        #expect(!RelayPlan(settings).needsSession)
    }

    @Test func notice_namesItsSession() throws {
        var settings = WebSocketSettings()
        settings.expiryNotice = ExpiryNoticeSettings(before: .seconds(60))
        let plan = RelayPlan(settings)
        let rule = try #require(plan.rules.notice)
        let text = #"{"type":"token.expiring","expires_in":60,"session":"abc"}"#
        #expect(rule.text(seconds: 60, session: Array("abc".utf8)) == Array(text.utf8))
    }

    @Test(arguments: [
        ([ExpiryNoticePiece.text("soon")], "soon"), ([.session], "abc"), ([], ""),
        ([.session, .session, .seconds, .text("x"), .session], "abcabc60xabc"),
    ])
    func notice_namesItsSession_whereverItIsToStand(_ message: [ExpiryNoticePiece], _ text: String) throws {
        var settings = WebSocketSettings()
        settings.expiryNotice = ExpiryNoticeSettings(before: .seconds(60))
        settings.expiryNotice?.message = message
        let rule = try #require(RelayPlan(settings).rules.notice)
        #expect(rule.text(seconds: 60, session: Array("abc".utf8)) == Array(text.utf8))
    }
}
