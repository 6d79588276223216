import GatewayMessage
import Testing

@Suite struct FoldedNameTests {
    @Test(arguments: ["X-User-Id", "x_user_id", "X.USER.ID", "X-USER_id", "x!user~id"])
    func hash_isTheSame_whenAServerMayFoldTheNames(name: String) {
        #expect(FoldedName.hash(of: name) == FoldedName.hash(of: "x-user-id"))
        #expect(FoldedName.folded(name) == Array("x-user-id".utf8))
    }

    @Test(arguments: ["X-User-Ids", "XUser-Id", "X-User-1d", "X--User-Id"])
    func folded_differs_whenTheNamesDiffer(name: String) {
        #expect(FoldedName.folded(name) != Array("x-user-id".utf8))
    }
}

@Suite struct ByteRangeTests {
    @Test func equalsIgnoringCase_comparesLettersOnly() {
        let bytes = Array("Host: EXAMPLE{".utf8)
        let span = bytes.span.bytes
        // `{` and `[` differ in the bit that tells letter cases apart.
        let ignoringCase = [
            span.equalsIgnoringCase(ByteRange(start: 0, end: 4), "host"),
            span.equalsIgnoringCase(ByteRange(start: 6, end: 13), "example"),
            span.equalsIgnoringCase(ByteRange(start: 13, end: 14), "["),
            span.equalsIgnoringCase(ByteRange(start: 0, end: 3), "host"),
        ]
        #expect(ignoringCase == [true, true, false, false])
        let exact = [
            span.equals(ByteRange(start: 0, end: 4), "Host"),
            span.equals(ByteRange(start: 0, end: 4), "host"),
        ]
        #expect(exact == [true, false])
    }

    @Test func reset_keepsNothingOfTheLastRequest() {
        var head = RequestHead()
        head.path = ByteRange(start: 4, end: 9)
        head.queryCuts = [ByteRange(start: 1, end: 2)]
        head.framing = .chunked
        head.fields.append(HeaderField(name: .empty, value: .empty, known: .host, foldedHash: 0))
        head.reset()
        #expect(head.path == .empty)
        #expect(head.queryCuts.isEmpty)
        #expect(head.framing == .none)
        #expect(head.fields.isEmpty)
        #expect(head.first(.host) == nil)
    }
}
