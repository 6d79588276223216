import Glibc

@testable import GatewaySettings

/// Reads settings as the tests need it: from text, with a small known environment and two files.
enum Reading {
    static let secret = "s3cret-of-thirty-two-bytes-and-more"
    static let environment = ["KEY": secret, "EMPTY": "", "PORT": "8080", "THREADS": "4"]
    static let files = ["conf/secret.txt": "\(secret)\n", "conf/public.pem": "-----BEGIN PUBLIC KEY-----\n…\n"]

    static func of(_ text: String) -> SettingsReading {
        SettingsReader.read(text: text, file: "conf/gateway.yaml", environment: environment) { files[$0] }
    }

    /// A file that is right except for what `text` adds to it.
    static func of(adding text: String) -> SettingsReading { of(minimal + text + "\n") }

    static let minimal = """
        listen: [{address: "127.0.0.1:8080"}]
        upstreams: {app: {servers: ["127.0.0.1:8000"]}}
        routes: [{path: '', upstream: app, auth: none}]

        """
}

extension SettingsReading {
    var rendered: [String] { problems.map { $0.rendered() } + notices.map { "notice: " + $0.rendered() } }
}

/// Files beside the sources.
enum Project {
    private static let folder = String(#filePath[..<(#filePath.lastIndex(of: "/") ?? #filePath.startIndex)])
    static let goldens = folder + "/Goldens"
    static let root = folder + "/../.."

    static func text(_ path: String) -> String {
        guard case .bytes(let bytes) = FileText.read(path) else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func files(in folder: String, suffix: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(suffix) { names.append(name) }
        }
        return names.sorted()
    }

    static func write(_ text: String, to path: String) {
        guard let file = fopen(path, "w") else { return }
        fputs(text, file)
        fclose(file)
    }

    static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

/// SplitMix64: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
