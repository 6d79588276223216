import Glibc
import Testing

/// The inputs that the fuzzer found interesting, and the ones that it began with, in every run of the tests.
@Suite struct CorpusTests {
    @Test(arguments: FuzzTarget.allCases)
    func corpus_keepsTheInvariants(_ target: FuzzTarget) {
        let inputs = Self.inputs(target)
        #expect(inputs.count >= 20, "the corpus of \(target.rawValue) is found")
        for (name, bytes) in inputs {
            #expect(throws: Never.self, "\(name)") { try target.check(bytes) }
        }
    }

    /// Beginnings of the kept inputs are inputs of their own, and so are damaged ones.
    @Test(arguments: FuzzTarget.allCases)
    func damagedCorpus_keepsTheInvariants(_ target: FuzzTarget) {
        var random = SeededGenerator(1)
        for (name, bytes) in Self.inputs(target) where !bytes.isEmpty {
            for _ in 0..<4 {
                var damaged = bytes
                damaged[random.below(damaged.count)] ^= 1 << UInt8(random.below(8))
                if random.chance(2) { damaged.removeLast(random.below(damaged.count)) }
                #expect(throws: Never.self, "\(name): \(damaged)") { try target.check(damaged) }
            }
        }
    }

    private static func inputs(_ target: FuzzTarget, here: StaticString = #filePath) -> [(String, [UInt8])] {
        let root = "\(here)".split(separator: "/").dropLast(3).joined(separator: "/")
        let folder = "/\(root)/Fuzz/Corpus/\(target.rawValue)"
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
