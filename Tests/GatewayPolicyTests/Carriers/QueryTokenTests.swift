import GatewayMessage
import Testing

@testable import GatewayPolicy

@Suite struct QueryTokenTests {
    @Test(arguments: [
        ("/?token=x", "/"), ("/?token=x&a=1", "/?a=1"), ("/?a=1&token=x", "/?a=1"), ("/?a=1&token=x&b=2", "/?a=1&b=2"),
        ("/?token=x&token=x", "/"), ("/?a=1&token=x&token=x", "/?a=1"), ("/?token=x&a=1&token=x", "/?a=1"),
        ("/?token=x&token=x&a=1", "/?a=1"), ("/?a=1&token=x&b=2&token=x&c=3", "/?a=1&b=2&c=3"),
        ("/?a=1&&token=x", "/?a=1&"), ("/?a=1&token=x&", "/?a=1&"), ("/?token=x&", "/"), ("/?&token=x", "/"),
        ("/?token", "/"), ("/?token=", "/"), ("/?%74oken=x", "/"), ("/?%74%6f%6B%65n=x&a", "/?a"), ("/?token=a=b", "/"),
        // Not our name: every byte stays.
        ("/?Token=x", "/?Token=x"), ("/?tokens=x", "/?tokens=x"), ("/?xtoken=x", "/?xtoken=x"),
        ("/?tok%65=x", "/?tok%65=x"),
        ("/?token%3Dx", "/?token%3Dx"), ("/?a=1;token=x", "/?a=1;token=x"), ("/?a=token=x", "/?a=token=x"),
        ("/?%2574oken=x", "/?%2574oken=x"), ("/?tok%zzen=x", "/?tok%zzen=x"), ("/?token+=x", "/?token+=x"),
        ("/?a=%20+%zz&token=x&b=%C3", "/?a=%20+%zz&b=%C3"), ("/?", "/?"), ("/", "/"), ("/?token=?&b", "/?b"),
    ])
    func cut_removesExactlyThePairsOfTheParameter(target: String, expected: String) {
        var request = TestRequest(target)
        let block = request.block
        QueryToken(parameter: "token").cut(from: &request.head, bytes: block.span.bytes)
        #expect(request.forwardedTarget == expected)
        var end = 0
        for cut in request.head.queryCuts {
            #expect(cut.lowerBound >= end && cut.count > 0)
            end = cut.upperBound
        }
    }

    @Test(arguments: [
        ("/?token=x&sid=y", "/"), ("/?sid=y&token=x", "/"), ("/?a&token=x&sid=y", "/?a"), ("/?token=x&a&sid=y", "/?a"),
        ("/?sid=y&a&token=x&b", "/?a&b"), ("/?a&sid=y&b&token=x&c", "/?a&b&c"), ("/?sid=y", "/"), ("/?token=x", "/"),
        ("/?a&&token=x&&sid=y", "/?a&&"), ("/?&token=x&%73id", "/?"), ("/?a", "/?a"),
    ])
    func cut_addsToEarlierCuts(target: String, expected: String) {
        for names in [["token", "sid"], ["sid", "token"]] {
            var request = TestRequest(target)
            let block = request.block
            for name in names { QueryToken(parameter: name).cut(from: &request.head, bytes: block.span.bytes) }
            #expect(request.forwardedTarget == expected || (expected == "/?" && request.forwardedTarget == "/"))
        }
    }

    /// Both names against the plain model.
    @Test func cuts_ofTwoNames_keepAllOtherPairs() {
        var generator = SeededGenerator(seed: 12)
        let pieces = ["token=x", "%74oken", "a=1", "sid=1", "b", "s%69d", "c=%26"]
        for _ in 0..<5000 {
            let count = Int.random(in: 0...6, using: &generator)
            let pairs = (0..<count).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &generator)] }
            var request = TestRequest("/?" + pairs.joined(separator: "&"))
            let block = request.block
            for name in ["token", "sid"].shuffled(using: &generator) {
                QueryToken(parameter: name).cut(from: &request.head, bytes: block.span.bytes)
            }
            let kept = pairs.filter { $0.hasPrefix("a") || $0.hasPrefix("b") || $0.hasPrefix("c") }
            let isWhole = kept.count == pairs.count
            let expected = kept.joined(separator: "&")
            #expect(request.forwardedTarget == (expected.isEmpty && !isWhole ? "/" : "/?" + expected), "\(pairs)")
        }
    }

    @Test func name_mayNeedDecoding() {
        for target in ["/?acc%C3%A9s+tok=x", "/?acc%c3%a9s%20tok=x"] {
            var request = TestRequest(target)
            let block = request.block
            QueryToken(parameter: "acc\u{E9}s tok").cut(from: &request.head, bytes: block.span.bytes)
            #expect(request.forwardedTarget == "/")
        }
    }

    /// Against a plain model: split at `&`, drop ours, join.
    @Test func cut_keepsAllOtherPairs_whateverTheOrder() {
        var generator = SeededGenerator(seed: 11)
        let pieces = ["token=x", "%74oken", "a=1", "", "b", "token", "c=%26"]
        for _ in 0..<5000 {
            let count = Int.random(in: 0...6, using: &generator)
            let pairs = (0..<count).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &generator)] }
            var request = TestRequest("/?" + pairs.joined(separator: "&"))
            let block = request.block
            QueryToken(parameter: "token").cut(from: &request.head, bytes: block.span.bytes)
            let kept = pairs.filter { !["token=x", "%74oken", "token"].contains($0) }
            let isWhole = kept.count == pairs.count
            let expected = kept.joined(separator: "&")
            #expect(request.forwardedTarget == (expected.isEmpty && !isWhole ? "/" : "/?" + expected), "\(pairs)")
        }
    }
}
