import GatewayProtocol
import Glibc
import Testing

@Suite struct HTTPDateTests {
    @Test(
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00"), (784_111_777, "Sun, 06 Nov 1994 08:49:37"),
            (951_782_399, "Mon, 28 Feb 2000 23:59:59"), (951_782_400, "Tue, 29 Feb 2000 00:00:00"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59"), (253_402_300_800, "Fri, 31 Dec 9999 23:59:59"),
            (-1, "Thu, 01 Jan 1970 00:00:00"), (Int64.max, "Fri, 31 Dec 9999 23:59:59"),
            (.min, "Thu, 01 Jan 1970 00:00:00"),
        ] as [(Int64, String)]
    )
    func line_hasTheFixedForm(_ seconds: Int64, _ date: String) {
        #expect(text(HTTPDate.line(unixSeconds: seconds)) == "Date: \(date) GMT\r\n")
    }

    @Test func line_agreesWithTheCLibrary() {
        var random = SeededGenerator(1)
        for _ in 0..<5000 {
            let seconds = random.below(253_402_300_800)
            var (clock, parts) = (time_t(seconds), tm())
            var expected = [CChar](repeating: 0, count: 64)
            gmtime_r(&clock, &parts)
            let count = strftime(&expected, 64, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts)
            #expect(HTTPDate.line(unixSeconds: Int64(seconds)) == expected[..<count].map { UInt8(bitPattern: $0) })
        }
    }
}
