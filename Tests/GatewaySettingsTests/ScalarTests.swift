import Testing

@testable import GatewaySettings

@Suite struct ScalarTests {
    @Test(arguments: [
        ("0", 0), ("512", 512), ("512B", 512), ("1KiB", 1024), ("64KiB", 65536), ("64 KiB", 65536), ("1MiB", 1 << 20),
        ("2GiB", 2 << 30),
    ])
    func size_isRead_whenUnitIsKnown(text: String, bytes: Int) throws {
        #expect(try SizeText.parse(text) == bytes)
    }

    @Test(arguments: [
        "", "KiB", "1.5MiB", "-1", "64k", "64KB", "64kib", "64K", "1TiB", "0x10", "010", "1_000", "1 2",
        "9223372036854775808",
        "9223372036854775807KiB", "64KiBs",
    ])
    func size_isRefused_whenItMeansTwoThingsOrNone(text: String) {
        #expect(throws: ScalarProblem.self) { try SizeText.parse(text) }
    }

    @Test(arguments: [0, 1, 1023, 1024, 8 << 10, 16 << 20, 3 << 30, 1025])
    func size_survives_whenRenderedAndRead(bytes: Int) throws {
        #expect(try SizeText.parse(SizeText.render(bytes)) == bytes)
    }

    @Test(arguments: [
        ("0s", 0), ("500ms", 500), ("30s", 30_000), ("5m", 300_000), ("1h30m", 5_400_000), ("2d", 172_800_000),
        ("1m500ms", 60_500), ("1h0m1s", 3_601_000),
    ])
    func duration_isRead_whenUnitsDescend(text: String, milliseconds: Int) throws {
        #expect(try DurationText.parse(text) == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", "15", "s", "1.5s", "-5s", "30sec", "5s1m", "1m1m", "1h 30m", "1M", "99999999999999999999s",
        "9223372036854775807d",
        "36601d", "1us",
    ])
    func duration_isRefused_whenItIsNone(text: String) {
        #expect(throws: ScalarProblem.self) { try DurationText.parse(text) }
    }

    @Test(arguments: [0, 1, 999, 60_000, 5_400_000, 90_061_001])
    func duration_survives_whenRenderedAndRead(milliseconds: Int) throws {
        let duration = Duration.milliseconds(milliseconds)
        #expect(try DurationText.parse(DurationText.render(duration)) == duration)
    }

    @Test(arguments: [
        ("300", 300_000), ("0", 0), ("0.5", 500), ("300.0", 300_000), ("1.2345", 1234), ("5m", 300_000),
        ("1h30m", 5_400_000),
        ("PT60M", 3_600_000), ("P1D", 86_400_000), ("P1DT12H", 129_600_000), ("P2W", 1_209_600_000),
        ("PT1H30M5S", 5_405_000),
        ("0:05:00", 300_000), ("00:05:00", 300_000), ("36:00:01", 129_601_000), ("1 day, 0:00:00", 86_400_000),
        ("2 days, 12:00:00", 216_000_000), ("timedelta(minutes=60)", 3_600_000),
        ("datetime.timedelta(days=1)", 86_400_000),
        ("timedelta(hours=1, minutes=30)", 5_400_000), ("timedelta( seconds = 5 )", 5000),
    ])
    func pythonDuration_isRead_whenPythonOrISOWritesItSo(text: String, milliseconds: Int) throws {
        #expect(try PythonDurationText.parse(text) == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", "-1", "-PT5M", "True", "5 minutes", "P", "PT", "P1DT", "P1Y", "PT5", "PT5S1M", "1:30", "1:60:00", "1:0:0",
        "5.",
        "1e3", "timedelta()", "timedelta(5)", "timedelta(minutes=5", "timedelta(months=1)", "timedelta(minutes=-5)",
        "99999999999999999999", "999999999999", "PT9223372036854775807H",
    ])
    func pythonDuration_isRefused_whenItIsNone(text: String) {
        #expect(throws: ScalarProblem.self) { try PythonDurationText.parse(text) }
    }

    @Test(arguments: [
        ("true", true), ("True", true), ("yes", true), ("on", true), ("false", false), ("False", false), ("no", false),
        ("off", false),
    ])
    func boolean_isRead_whenWordIsCommon(text: String, value: Bool) throws {
        #expect(try BooleanText.parse(text) == value)
    }

    @Test(arguments: ["", "y", "n", "1", "0", "tRue", "none", "enabled"])
    func boolean_isRefused_whenWordIsUnusual(text: String) {
        #expect(throws: ScalarProblem.self) { try BooleanText.parse(text) }
    }

    @Test(arguments: ["", "0x10", "0o7", "010", "1:30", "1_000", "+1", "-1", "1.0", "9223372036854775808", "١"])
    func number_isRefused_whenYAMLWouldGuess(text: String) {
        #expect(throws: ScalarProblem.self) { try NumberText.parse(text) }
    }

    @Test(arguments: [
        ("127.0.0.1:8080", AddressSettings.tcp(host: "127.0.0.1", port: 8080)),
        ("[::1]:80", .tcp(host: "::1", port: 80)),
        ("[::]:0", .tcp(host: "::", port: 0)), ("localhost:8000", .tcp(host: "localhost", port: 8000)),
        ("my_app-1.internal.:65535", .tcp(host: "my_app-1.internal.", port: 65535)),
        ("[::ffff:10.0.0.1]:80", .tcp(host: "::ffff:10.0.0.1", port: 80)),
        ("unix:/run/a.sock", .unix(path: "/run/a.sock")),
        ("unix:run/a.sock", .unix(path: "run/a.sock")),
    ])
    func address_isRead_whenItNamesHostAndPortOrPath(text: String, address: AddressSettings) throws {
        #expect(try AddressText.parse(text, ports: 0...65535) == address)
    }

    @Test(arguments: [
        "", ":", "8080", ":8080", "*:8080", "::1:80", "[::1]", "[::1:80", "[]:80", "[fe80::1%eth0]:80", "127.0.0.1",
        "a:",
        "a:x", "a:65536", "a:-1", "a:080", "127.1:80", "1.2.3.4.5:80", "a..b:80", ".a:80", "-a:80", "a-:80", "a b:80",
        "http://a:80", "//a:80", "/run/a.sock", "unix:", "unix:@a", "unix://a", "é.example:80",
        String(repeating: "a", count: 64) + ":80", String(repeating: "a.", count: 130) + "a:80",
    ])
    func address_isRefused_whenItIsAmbiguousOrNone(text: String) {
        #expect(throws: ScalarProblem.self) { try AddressText.parse(text, ports: 0...65535) }
    }
}
