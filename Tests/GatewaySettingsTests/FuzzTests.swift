import Testing

@testable import GatewaySettings

/// Whatever stands in a file, reading it ends with settings or with problems.
@Suite struct FuzzTests {
    private static let pieces = [
        "&a ", "*a", "<<: *a", "? ", "- ", ": ", "[", "]", "{", "}", "|\n", ">-\n", "!!str ", "--- ", "...\n",
        "%YAML 1.1\n", "\t",
        "\"", "'", "#", "${", "${X:-", "$$", "\u{FEFF}", "\r", "\u{85}", "\0", "off", "null", "-1",
        "99999999999999999999",
        "SIMPLE_JWT: ", "\n  ", "\n",
    ]

    /// More with `TOLLGATE_FUZZ_ROUNDS=20000`.
    private let rounds = Project.environment("TOLLGATE_FUZZ_ROUNDS").flatMap { Int($0) } ?? 250

    private func check(_ bytes: [UInt8]) {
        let reading = SettingsReader.read(bytes, file: "gateway.yaml", environment: ["X": "${X}"]) { _ in .bytes([0x6B])
        }
        #expect((reading.settings == nil) == !reading.problems.isEmpty)
        for problem in reading.problems where problem.location.line < 1 || problem.location.column < 1 {
            Issue.record("\(problem.rendered())")
        }
    }

    @Test(arguments: [1, 2, 3, 4])
    func mutatedReferenceFile_neverTraps(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let original = Array(Project.text(Project.root + "/gateway.yaml").utf8)
        #expect(original.count > 1000)
        for _ in 0..<rounds {
            var bytes = original
            for _ in 0..<Int.random(in: 1...6, using: &generator) { mutate(&bytes, &generator) }
            check(bytes)
        }
    }

    private func mutate(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        let place = Int.random(in: 0..<max(1, bytes.count), using: &generator)
        guard bytes.indices.contains(place) else { return }
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(UInt8.random(in: .min ... .max, using: &generator), at: place)
        case 3: bytes.insert(contentsOf: Self.pieces.randomElement(using: &generator)?.utf8 ?? "".utf8, at: place)
        case 4: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...200, using: &generator)))
        default:
            let end = min(bytes.count, place + Int.random(in: 1...200, using: &generator))
            let copy = Array(bytes[place..<end])
            bytes.insert(contentsOf: copy, at: Int.random(in: 0...bytes.count, using: &generator))
        }
    }

    @Test func randomPieces_neverTrap() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<2000 {
            let count = Int.random(in: 0...30, using: &generator)
            let text = (0..<count).map { _ in Self.pieces.randomElement(using: &generator) ?? "" }.joined()
            check(Array(text.utf8))
        }
    }

    @Test func everyPrefix_ofTheReferenceFile_neverTraps() {
        let original = Array(Project.text(Project.root + "/gateway.yaml").utf8)
        for count in stride(from: 0, to: original.count, by: 13) { check(Array(original.prefix(count))) }
    }

    /// No amount of anything takes long.
    @Test(arguments: pieces) func repeatedPiece_endsSoon(piece: String) {
        let size = piece.utf8.count
        let clock = ContinuousClock()
        let duration = clock.measure { check(Array(String(repeating: piece, count: (1 << 18) / size).utf8)) }
        #expect(duration < .seconds(30))
        check(Array(String(repeating: "a: " + piece + "\n", count: 5000).utf8))
    }

    @Test func randomScalars_neverTrapTheirReaders() {
        var generator = SeededGenerator(seed: 11)
        let alphabet = Array("0123456789.:-+ PTDHMSKiBdhmsZ()<>=,[]{}/?#@%*_$\u{E9}")
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...24, using: &generator)
            let text = String((0..<length).compactMap { _ in alphabet.randomElement(using: &generator) })
            _ = try? SizeText.parse(text)
            _ = try? DurationText.parse(text)
            _ = try? PythonDurationText.parse(text)
            _ = try? AddressText.parse(text, ports: 0...65535)
            _ = try? PeerRangeText.parse(text)
            _ = try? OriginText.parse(text)
            _ = try? OriginText.parse("https://" + text)
            _ = try? HostPatternText.parse(text)
            _ = try? MethodText.parse(text)
            _ = try? PathText.prefix(text)
            _ = try? PathText.exact(text)
            _ = try? PercentText.parse(text, in: 0...50)
            _ = try? ExpiryNoticeText.parse(text)
            _ = try? URLText.parse(text)
            _ = try? URLText.parse("https://a" + text)
            _ = URLText.holdsUserName(text)
            _ = try? InstantText.parse(text)
            _ = try? InstantText.parse("2026-12-31T" + text)
            _ = try? CaptureText.captureName(in: text)
            _ = try? HeaderTypeText.parse(text)
            _ = ClaimPathText.objection(to: text)
            _ = ClaimValueText.isFraction(text)
            _ = RoutePatternSettings.path("<" + text).captureNames
            _ = RoutePatternSettings.rePath("(?P<" + text).captureNames
            _ = Interpolation(text, environment: ["P": "x"])
        }
    }
}
