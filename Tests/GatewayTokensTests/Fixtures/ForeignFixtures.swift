import Glibc
import Testing

@testable import GatewayTokens

/// Tokens and key sets that other libraries made: `Foreign/tokens.json`, written by `Foreign/make_fixtures.py`.
struct ForeignFixtures: Sendable {
    struct Token: Sendable, CustomTestStringConvertible {
        let maker: String
        let algorithm: SigningAlgorithm
        /// A name among `keys`, or `secret`.
        let key: String
        let token: String
        let keyID: String?

        var testDescription: String { "\(self.maker) \(self.algorithm.rawValue) \(self.key)" }

        /// What verifies it.
        func keys() throws -> [VerificationKey] {
            let text = self.key == "secret" ? ForeignFixtures.all.secret : ForeignFixtures.all.keys[self.key]?.pem ?? ""
            return try LoadedKeys.configured(Array(text.utf8), algorithms: [self.algorithm]).keys
        }
    }

    struct Key: Sendable {
        let pem: String
        let jwk: String
    }

    struct Set: Sendable, CustomTestStringConvertible {
        let maker: String
        let name: String
        let document: String
        let keys: [Expectation]

        struct Expectation: Sendable {
            let name: String
            /// Nil: every one that fits.
            let algorithm: SigningAlgorithm?
            let keyID: String?
        }

        var testDescription: String { "\(self.maker): \(self.name)" }
    }

    let secret: String
    let keys: [String: Key]
    /// Private keys by name, each by its form.
    let signing: [String: [String: String]]
    let rsa1024: String
    let sets: [Set]
    let tokens: [Token]

    static let all: ForeignFixtures = {
        do { return try ForeignFixtures() } catch { fatalError("tokens.json cannot be read: \(error)") }
    }()

    private init() throws {
        let root = try FixtureJSON(file: "Foreign/tokens.json")
        self.secret = try root.text("secret")
        var keys: [String: Key] = [:]
        for (name, key) in try root.object("keys").members {
            keys[name] = Key(pem: try key.text("pem"), jwk: try key.text("jwk"))
        }
        self.keys = keys
        var signing: [String: [String: String]] = [:]
        for (name, forms) in try root.object("signing").members {
            for (form, text) in forms.members { signing[name, default: [:]][form] = text.text }
        }
        self.signing = signing
        self.rsa1024 = try root.text("rsa1024")
        self.sets = try root.array("sets").map { set in
            Set(
                maker: try set.text("maker"),
                name: try set.text("name"),
                document: try set.text("document"),
                keys: try set.array("keys").map { key in
                    let parts = key.items
                    return Set.Expectation(
                        name: try #require(parts[0].text),
                        algorithm: parts[1].text.flatMap(SigningAlgorithm.init(rawValue:)),
                        keyID: parts[2].text
                    )
                }
            )
        }
        self.tokens = try root.array("tokens").map { token in
            let name = try token.text("algorithm")
            return Token(
                maker: try token.text("maker"),
                algorithm: try #require(SigningAlgorithm(rawValue: name)),
                key: try token.text("key"),
                token: try token.text("token"),
                keyID: token.member("kid")?.text
            )
        }
    }
}

/// A value of a fixture file, read by this project's own scanner.
struct FixtureJSON {
    private let document: JSONDocument
    private let node: Int

    init(file: String) throws {
        let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        let stream = try #require(fopen("/" + folder + "/" + file, "r"))
        defer { fclose(stream) }
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&piece, 1, piece.count, stream), count > 0 { text += piece[..<count] }
        try self.init(text: text)
    }

    init(text: [UInt8]) throws {
        let limits = JSONLimits(length: 1 << 24, depth: 16, values: 1 << 16, numberLength: 64)
        self.document = try JSONDocument(parsing: text, limits: limits)
        self.node = self.document.root
    }

    private init(_ document: JSONDocument, _ node: Int) {
        self.document = document
        self.node = node
    }

    var text: String? { self.document.kind(self.node) == .string ? self.document.text(of: self.node) : nil }

    func member(_ name: String) -> FixtureJSON? {
        self.document.member(name, of: self.node).map { FixtureJSON(self.document, $0) }
    }

    func object(_ name: String) throws -> FixtureJSON { try #require(self.member(name)) }

    func text(_ name: String) throws -> String { try #require(self.member(name)?.text) }

    func array(_ name: String) throws -> [FixtureJSON] { try self.object(name).items }

    var items: [FixtureJSON] { self.members.map(\.1) }

    var members: [(String, FixtureJSON)] {
        var members: [(String, FixtureJSON)] = []
        var item = self.document.first(in: self.node)
        while item < self.document.end(of: self.node) {
            members.append((self.document.name(of: item), FixtureJSON(self.document, item)))
            item = self.document.after(item)
        }
        return members
    }
}
