import GatewayProtocol
import NIOCore
import Testing

/// Limits hold for what is complete and for what is still arriving, and the last byte within one is accepted.
@Suite struct RequestLimitTests {
    static let limits = HTTPLimits(requestLine: 40, headerLine: 30, headerBlock: 200, headerCount: 5)

    static func requestLine(_ length: Int) -> String {
        "GET /" + String(repeating: "p", count: length - 14) + " HTTP/1.1"
    }

    static func headerLine(_ length: Int) -> String { "X: " + String(repeating: "v", count: length - 3) }

    @Test func requestLine_isBounded() {
        let fits = Array("\(Self.requestLine(40))\r\nHost: a\r\n\r\n".utf8)
        let tooLong = Array("\(Self.requestLine(41))\r\nHost: a\r\n\r\n".utf8)
        for cuts in Feeding.all(fits.count) {
            #expect(parseRequest(fits, limits: Self.limits, cuts: cuts).head != nil)
        }
        for cuts in Feeding.all(tooLong.count) {
            #expect(parseRequest(tooLong, limits: Self.limits, cuts: cuts) == .violation(.requestLineTooLong))
        }
    }

    @Test func headerLine_isBounded() {
        let fits = Array(get(Self.headerLine(30)).utf8)
        let tooLong = Array(get(Self.headerLine(31)).utf8)
        for cuts in Feeding.all(fits.count) {
            #expect(parseRequest(fits, limits: Self.limits, cuts: cuts).head != nil)
        }
        for cuts in Feeding.all(tooLong.count) {
            #expect(parseRequest(tooLong, limits: Self.limits, cuts: cuts) == .violation(.headerLineTooLong))
        }
    }

    @Test func head_isBounded() {
        // 25 bytes of request line and Host, then lines of 30 and the empty line.
        for (block, fits) in [(25 + 3 * 32 + 2, true), (25 + 3 * 32 + 1, false), (25 + 3 * 32, false), (60, false)] {
            let limits = HTTPLimits(requestLine: 40, headerLine: 30, headerBlock: block, headerCount: 5)
            let bytes = Array(get(Self.headerLine(30), Self.headerLine(30), Self.headerLine(30)).utf8)
            for cuts in Feeding.all(bytes.count) {
                let outcome = parseRequest(bytes, limits: limits, cuts: cuts)
                #expect(fits ? outcome.head != nil : outcome == .violation(.headTooLarge), "\(block) \(cuts.prefix(2))")
            }
        }
    }

    @Test func fields_areCounted() {
        let fits = Array(get("a:", "b:", "c:", "d:").utf8)
        let tooMany = Array(get("a:", "b:", "c:", "d:", "e:").utf8)
        for cuts in Feeding.all(tooMany.count) {
            #expect(parseRequest(tooMany, limits: Self.limits, cuts: cuts) == .violation(.tooManyFields))
        }
        #expect(parseRequest(fits, limits: Self.limits).head != nil)
    }

    /// Nobody gets to make us hold more than the limit, however slowly it comes and whatever it is.
    @Test(
        arguments: [
            ("", "G", HTTPViolation.requestLineTooLong), ("GET ", "/", .requestLineTooLong),
            ("GET /?", "x", .requestLineTooLong),
            ("GET / HTTP/1.1\r\n", "x", .headerLineTooLong), ("GET / HTTP/1.1\r\nX:", " ", .headerLineTooLong),
            ("GET / HTTP/1.1\r\nX: ", "v", .headerLineTooLong), ("GET / HTTP/1.1\r\n", "X: v\r\n", .tooManyFields),
        ]
    )
    func endlessInput_isRefused(_ start: String, _ more: String, _ violation: HTTPViolation) {
        var buffer = ByteBuffer(string: start)
        var parser = HTTPRequestParser(limits: Self.limits)
        do throws(HTTPViolation) {
            while buffer.readableBytes < 1000 {
                _ = try parser.parse(buffer)
                buffer.writeString(more)
            }
            Issue.record("accepted \(buffer.readableBytes) bytes")
        } catch {
            #expect(error == violation)
            #expect(buffer.readableBytes <= 80)
        }
    }

    /// Byte by byte, a head of the largest size costs linear work: were each line read anew with every byte, this would take
    /// minutes instead of well under a second.
    @Test(.timeLimit(.minutes(1))) func slowHead_costsLinearWork() throws {
        let limits = HTTPLimits(requestLine: 1 << 20, headerLine: 1 << 20, headerBlock: 4 << 20)
        let bytes = Array(get("X: " + String(repeating: "v", count: 1 << 18)).utf8)
        var buffer = ByteBuffer()
        buffer.reserveCapacity(bytes.count)
        var parser = HTTPRequestParser(limits: limits)
        for byte in bytes.dropLast() {
            buffer.writeInteger(byte)
            #expect(try parser.parse(buffer) == .needsMore)
        }
    }
}
