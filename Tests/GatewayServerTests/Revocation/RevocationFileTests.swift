import GatewayTokens
import Glibc
import Testing

@testable import GatewayServer

@Suite final class RevocationFileTests {
    private let path: String

    init() throws {
        var template = Array("/tmp/tollgate-revoked-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        try #require(descriptor >= 0)
        close(descriptor)
        self.path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { unlink(self.path) }

    private func write(_ text: String) throws {
        let file = try #require(fopen(self.path, "w"))
        fputs(text, file)
        fclose(file)
    }

    private static let list = #"{"users": [{"user": "7"}]}"#
    private static let start = ContinuousClock.now
    private static let broken = UnusableDocument(message: "no such file or directory")

    /// So late that the file's state cannot hide another change.
    private static var later: WallClock { WallClock(seconds: WallClock.now().seconds + 60) }

    @Test func file_isRead_whenItIsThereAndGood() throws {
        try self.write(Self.list)
        let file = try RevocationFile.read(self.path).get()
        #expect(file.list.count == 1 && file.signature == FileSignature(path: self.path))
        try self.write("{")
        #expect(throws: UnusableDocument.self) { try RevocationFile.read(self.path).get() }
        #expect(throws: Self.broken) { try RevocationFile.read(self.path + "-not").get() }
        #expect(throws: UnusableDocument(message: "not a file")) { try RevocationFile.read("/tmp").get() }
        #expect(FileSignature(path: self.path + "-not") == nil)
    }

    @Test func file_isReadAgain_whenItHasChanged() throws {
        try self.write(Self.list)
        let file = try RevocationFile.read(self.path).get()
        var watch = RevocationFileWatch(file, at: Self.start, wallClock: Self.later)
        #expect(!watch.shouldRead(FileSignature(path: self.path)))
        #expect(watch.shouldRead(nil))
        try self.write(#"{"users": [{"user": "8"}]}"#)
        #expect(watch.shouldRead(FileSignature(path: self.path)))
        let changed = try RevocationFile.read(self.path).get()
        let isNews = watch.read(changed, at: Self.start, wallClock: Self.later)
        #expect(isNews && !watch.shouldRead(FileSignature(path: self.path)))
        // The same bytes are none.
        let isNewsAgain = watch.read(changed, at: Self.start, wallClock: Self.later)
        #expect(!isNewsAgain)
        watch.forget()
        #expect(watch.shouldRead(FileSignature(path: self.path)))
    }

    @Test func file_isReadAgain_whileALaterChangeMightNotShow() throws {
        try self.write(Self.list)
        let file = try RevocationFile.read(self.path).get()
        let watch = RevocationFileWatch(file, at: Self.start, wallClock: .now())
        #expect(watch.shouldRead(FileSignature(path: self.path)))
    }

    @Test func trouble_isTold_whenItIsNewAndThenNowAndThen() throws {
        try self.write(Self.list)
        var watch = RevocationFileWatch(
            try RevocationFile.read(self.path).get(), at: Self.start, wallClock: Self.later)
        func failed(_ problem: UnusableDocument, _ seconds: Int) -> Bool {
            watch.failed(problem, at: Self.start + .seconds(seconds), every: .seconds(10))
        }
        #expect(failed(Self.broken, 1) && !failed(Self.broken, 2) && !failed(Self.broken, 10))
        #expect(failed(Self.broken, 11) && failed(UnusableDocument(message: "garbage"), 12))
        #expect(watch.isFailing && watch.shouldRead(FileSignature(path: self.path)))
        #expect(!watch.isTooOld(at: Self.start + .seconds(60), stale: .seconds(60)))
        #expect(watch.isTooOld(at: Self.start + .seconds(61), stale: .seconds(60)))
        let file = try RevocationFile.read(self.path).get()
        let isNews = watch.read(file, at: Self.start + .seconds(70), wallClock: Self.later)
        #expect(!isNews && !watch.isFailing && !watch.isTooOld(at: Self.start + .seconds(9999), stale: .seconds(60)))
    }
}
