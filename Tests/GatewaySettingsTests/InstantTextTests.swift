import Testing

@testable import GatewaySettings

@Suite struct InstantTextTests {
    @Test(arguments: [
        ("0", 0), ("1798675200", 1_798_675_200), ("253402300799", 253_402_300_799),
        ("1970-01-01T00:00:00Z", 0), ("2026-12-31T00:00:00Z", 1_798_675_200), ("2026-12-31t00:00:00z", 1_798_675_200),
        ("2026-12-31 00:00:00Z", 1_798_675_200), ("2026-12-31T02:00:00+02:00", 1_798_675_200),
        ("2026-12-30T18:30:00-05:30", 1_798_675_200), ("2026-12-31T00:00:00.999Z", 1_798_675_200),
        ("2000-02-29T12:34:56Z", 951_827_696), ("2024-02-29T23:59:59Z", 1_709_251_199),
        ("2100-03-01T00:00:00Z", 4_107_542_400), ("9999-12-31T23:59:59Z", 253_402_300_799),
    ])
    func moment_isRead(text: String, seconds: Int64) throws { #expect(try InstantText.parse(text) == seconds) }

    @Test(arguments: [
        "", "soon", "-1", "1.5", "01", "253402300800", "1798675200000", "99999999999999999999", "2026-12-31",
        "2026-12-31T00:00:00", "2026-12-31T00:00Z", "2026-12-31T24:00:00Z", "2026-12-31T00:60:00Z",
        "2026-12-31T23:59:60Z", "2026-12-31T00:00:00.Z", "2026-12-31T00:00:00+0200", "2026-12-31T00:00:00+24:00",
        "2026-12-31T00:00:00Zulu", "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-04-31T00:00:00Z", "1969-12-31T23:59:59Z",
        "0000-01-01T00:00:00Z", "0000-02-29T00:00:00Z", "26-12-31T00:00:00Z", "+2026-12-31T00:00:00Z",
        "9999-12-31T23:59:59-01:00", "2026/12/31", "２026-12-31T00:00:00Z",
    ])
    func moment_isRefused(text: String) { #expect(throws: ScalarProblem.self) { try InstantText.parse(text) } }

    @Test(arguments: [
        ("2026-12-31", "write 2026-12-31T00:00:00Z"),
        ("2026-12-31T10:00:00", "write 2026-12-31T10:00:00Z, which is UTC"),
    ])
    func moment_isCorrected(text: String, suggestion: String) {
        #expect { try InstantText.parse(text) } throws: { ($0 as? ScalarProblem)?.suggestion == suggestion }
    }

    @Test func everyDay_followsTheOneBefore() throws {
        var expected: Int64 = 0
        for year in 1970...2400 {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            for (month, length) in [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].enumerated() {
                let text = "\(year)-\(month < 9 ? "0" : "")\(month + 1)-\(length)T00:00:00Z"
                expected += Int64(length) * 86_400
                #expect(try InstantText.parse(text) == expected - 86_400)
            }
        }
    }
}
