import Testing

@testable import GatewaySettings

@Suite struct RateSettingsTests {
    private func limits(_ text: String) throws -> LimitSettings {
        let reading = Reading.of(adding: "limits: \(text)")
        #expect(reading.rendered == [])
        return try #require(reading.settings).limits
    }

    @Test(arguments: [
        ("off", nil), ("10", RateSettings(perSecond: 10, burst: 10)), ("{rate: 10}", .init(perSecond: 10, burst: 10)),
        ("{rate: 10, burst: 50}", .init(perSecond: 10, burst: 50)),
        ("{rate: 10, burst: 1}", .init(perSecond: 10, burst: 1)),
        ("1000000", .init(perSecond: 1_000_000, burst: 1_000_000)),
        ("\"${PORT}\"", .init(perSecond: 8080, burst: 8080)),
    ])
    func rate_isRead(text: String, rate: RateSettings?) throws {
        #expect(try limits("{address: {connections_per_second: \(text)}}").address.connectionsPerSecond == rate)
        #expect(try limits("{address: {requests_per_second: \(text)}}").address.requestsPerSecond == rate)
    }

    @Test(arguments: [
        "0", "-1", "1.5", "10/s", "10r/s", "10/m", "10/", "ten", "", "[10]", "{}", "{rate: 0}", "{burst: 5}",
        "{rate: 5, burst: 0}", "{rate: 5, burst: off}", "{rate: off}", "{rate: 5, brust: 6}", "1000001", "'10 '", "on",
    ])
    func rate_isRefused(text: String) {
        let reading = Reading.of(adding: "limits: {address: {requests_per_second: \(text)}}")
        #expect(reading.problems.allSatisfy { $0.location.key.hasPrefix("limits.address.requests_per_second") })
        #expect(!reading.problems.isEmpty)
    }

    @Test(arguments: [("off", nil), ("1", 1), ("1000", 1000)])
    func requestsOfAConnection_areRead(text: String, count: Int?) throws {
        #expect(try limits("{keep_alive_requests: \(text)}").keepAliveRequests == count)
    }

    @Test(arguments: [("", 10_000), ("max_in_flight: off", nil), ("max_in_flight: 7", 7)])
    func requestsUnderWay_areRead(text: String, count: Int?) throws {
        let text = Reading.minimal.replacing("servers: [\"127.0.0.1:8000\"]", with: "servers: [a:1], \(text)")
        let reading = Reading.of(text)
        #expect(reading.rendered == [])
        #expect(try #require(reading.settings?.upstreams.first).maxInFlight == count)
    }
}
