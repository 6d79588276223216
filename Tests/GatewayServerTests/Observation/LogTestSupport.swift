import Glibc

@testable import GatewayServer

/// A folder that is removed with everything in it.
final class TemporaryFolder {
    let path: String

    init() {
        var template = Array("/tmp/tollgate-log-XXXXXX".utf8CString)
        let made = mkdtemp(&template)
        precondition(made != nil, "no temporary folder")
        self.path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        guard let folder = opendir(self.path) else { return }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            unlink(self.file(name))
        }
        closedir(folder)
        rmdir(self.path)
    }

    func file(_ name: String) -> String { self.path + "/" + name }
}

enum Files {
    static func bytes(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return self.readAll(descriptor)
    }

    static func text(_ path: String) -> String? {
        self.bytes(path).map { String(decoding: $0, as: UTF8.self) }
    }

    static func lines(_ path: String) -> [String] {
        (self.text(path) ?? "").split(separator: "\n").map(String.init)
    }

    /// Everything until the end of the file, or until a non-blocking descriptor has nothing more.
    static func readAll(_ descriptor: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count <= 0 { return bytes }
            bytes.append(contentsOf: chunk[..<count])
        }
    }
}

/// A real pipe; its ends are closed with the value.
final class Pipe {
    let reading: Int32
    let writing: Int32
    private var isReadingOpen = true

    init(blockingWrites: Bool = true) {
        var ends: [Int32] = [-1, -1]
        precondition(pipe(&ends) == 0, "no pipe")
        (self.reading, self.writing) = (ends[0], ends[1])
        _ = fcntl(self.reading, F_SETFL, O_NONBLOCK)
        if !blockingWrites { _ = fcntl(self.writing, F_SETFL, O_NONBLOCK) }
    }

    deinit {
        self.closeReading()
        close(self.writing)
    }

    func closeReading() {
        if self.isReadingOpen { close(self.reading) }
        self.isReadingOpen = false
    }

    /// Reads until `condition` holds or five seconds are over.
    func drain(into bytes: inout [UInt8], until condition: ([UInt8]) -> Bool) {
        _ = eventually {
            bytes.append(contentsOf: Files.readAll(self.reading))
            return condition(bytes)
        }
    }
}

/// Whether `condition` becomes true within five seconds.
func eventually(_ condition: () -> Bool) -> Bool {
    let deadline = MonotonicMilliseconds.now() + 5000
    while MonotonicMilliseconds.now() < deadline {
        if condition() { return true }
        usleep(2000)
    }
    return condition()
}

func line(_ text: String) -> [UInt8] { Array(text.utf8) + [0x0A] }

func newlines(_ bytes: [UInt8]) -> Int { bytes.count { $0 == 0x0A } }

/// xorshift64: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { self.state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        self.state ^= self.state << 13
        self.state ^= self.state >> 7
        self.state ^= self.state << 17
        return self.state
    }
}
