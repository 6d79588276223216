import Glibc
import Testing

/// The inputs that the fuzzer began with and found interesting, in every run of the tests.
@Suite struct TokenCorpusTests {
    @Test func corpus_keepsTheInvariants() {
        let inputs = Self.inputs()
        #expect(inputs.count >= 20, "the corpus is found")
        for (name, bytes) in inputs {
            #expect(throws: Never.self, "\(name)") { try TokenInvariants.check(bytes) }
        }
    }

    /// Beginnings of the kept inputs are inputs of their own, and so are damaged ones.
    @Test func damagedCorpus_keepsTheInvariants() {
        var generator = SeededGenerator(seed: 7)
        for (name, bytes) in Self.inputs() where !bytes.isEmpty {
            for _ in 0..<12 {
                var damaged = bytes
                let index = Int.random(in: 0..<damaged.count, using: &generator)
                damaged[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                if Int.random(in: 0..<3, using: &generator) == 0 { damaged.removeLast(damaged.count - index) }
                #expect(throws: Never.self, "\(name): \(damaged)") { try TokenInvariants.check(damaged) }
            }
        }
    }

    /// An input of each kind is one that the checks are about, and not garbage to them.
    @Test func goodToken_isAmongThem() {
        let kinds = Set(Self.inputs().compactMap { $0.1.first.map { $0 & 7 } })
        #expect(kinds.isSuperset(of: [0, 2, 3, 5, 6]))
    }

    private static func inputs(here: StaticString = #filePath) -> [(String, [UInt8])] {
        let root = "\(here)".split(separator: "/").dropLast(3).joined(separator: "/")
        let folder = "/\(root)/Fuzz/Corpus/tokens"
        guard let entries = opendir(folder) else { return [] }
        defer { closedir(entries) }
        var names: [String] = []
        while let entry = readdir(entries) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted().map { ($0, self.bytes("\(folder)/\($0)")) }
    }

    private static func bytes(_ path: String) -> [UInt8] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes[..<count])
    }
}
