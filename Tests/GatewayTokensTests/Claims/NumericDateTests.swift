import Testing

@testable import GatewayTokens

struct NumericDateTests {
    private func seconds(_ json: String) throws -> Int64? {
        let limits = JSONLimits(length: 1000, depth: 4, values: 10, numberLength: 500)
        let document = try JSONDocument(parsing: Array(json.utf8), limits: limits)
        return NumericDate.seconds(document, document.root)
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("-1", -1), ("1700000000", 1_700_000_000), ("9223372036854775807", .max),
            ("-9223372036854775808", .min), ("1.9999", 1), ("-1.9999", -1), ("0.5", 0), ("-0.5", 0),
            ("1e10", 10_000_000_000), ("1E+3", 1000), ("1700000000.999", 1_700_000_000), ("17e8", 1_700_000_000),
            ("1.7e9", 1_700_000_000), ("1700000000000e-3", 1_700_000_000), ("1e-400", 0), ("0e400", 0),
            // Rounded to the nearest double first, as in Python.
            ("1.99999999999999999999999", 2), ("9007199254740993.0", 9_007_199_254_740_992),
            ("-9.223372036854775808e18", .min),
        ] as [(String, Int64)]
    )
    func number_isCutToWholeSeconds(_ json: String, _ expected: Int64) throws {
        #expect(try self.seconds(json) == expected)
    }

    @Test(arguments: [
        "9223372036854775808", "-9223372036854775809", "18446744073709551616", "1e400", "-1e400", "1e308", "1e19",
        "9.223372036854775808e18", "1e999999999999999999999", #""1700000000""#, #""""#, "true", "false", "null", "[]",
        "{}", "[1700000000]", "1" + String(repeating: "0", count: 400),
    ])
    func value_isRefused_whenNotAnInt64(_ json: String) throws { #expect(try self.seconds(json) == nil) }
}
