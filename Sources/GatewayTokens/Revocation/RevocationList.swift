/// Tokens and users that are no longer welcome although their tokens are valid. Immutable, and replaced whole.
///
/// The document:
///
///     {"jti":   [{"jti": "3f1c…", "iss": "https://issuer.example", "exp": 1800000000}],
///      "users": [{"user": "42",   "iss": "https://issuer.example", "issued_before": 1750000000}]}
///
/// * `jti` ends one token, by its id. `exp` tells when the token ends by itself: an hour after that the entry is left
///   out.
/// * `users` ends the tokens of a user: all of them, for as long as the entry stands, or those issued before a moment.
///   A token without `iat` counts as issued before every moment, one issued in that very second does not.
/// * `iss` confines an entry to the tokens of one issuer, and is compared with `iss` in the token; without it the entry
///   holds for every issuer.
/// * Ids and users are texts or integers, in the spelling in which they are logged and sent upstream. Everything else
///   is optional; `{}` revokes nothing. A member that is not named here is refused: to pass over one could mean to let
///   somebody in.
package struct RevocationList: Sendable {
    package static let maximumLength = 32 << 20
    package static let maximumEntries = 250_000

    private var tokens = RevocationTable()
    private var users = RevocationTable()

    /// Revokes nothing.
    package static let empty = RevocationList()

    private init() {}

    package var isEmpty: Bool { self.count == 0 }
    package var count: Int { self.tokens.count + self.users.count }

    /// Revokes what either of the two does.
    package func union(_ other: RevocationList) -> RevocationList {
        // Mostly there is one.
        if other.isEmpty { return self }
        if self.isEmpty { return other }
        var union = self
        union.tokens = self.tokens.union(other.tokens)
        union.users = self.users.union(other.users)
        return union
    }

    // MARK: Asking

    package func revokes(_ token: VerifiedToken) -> Bool {
        self.revokes(issuer: token.issuer, jti: token.jti, userID: token.userID, issuedAt: token.issuedAt)
    }

    /// The facts as `VerifiedToken` has them. Allocates nothing.
    package func revokes(issuer: String?, jti: String?, userID: String, issuedAt: Int64?) -> Bool {
        if let jti, self.tokens.bound(issuer: issuer, name: jti) != nil { return true }
        guard let bound = self.users.bound(issuer: issuer, name: userID) else { return false }
        guard let issuedAt else { return true }
        return issuedAt < bound || bound == .max
    }

    // MARK: Reading

    package static func parse(_ document: [UInt8], now: WallClock) throws(RevocationProblem) -> RevocationList {
        guard document.count <= self.maximumLength else { throw .tooLarge }
        let limits = JSONLimits(
            length: self.maximumLength, depth: 4, values: 5 * self.maximumEntries, numberLength: 32, members: 8)
        let json: JSONDocument
        do { json = try JSONDocument(parsing: document, limits: limits) } catch {
            throw error == .tooManyValues ? .tooManyEntries : .notJSON
        }
        guard json.kind(json.root) == .object else { throw .notJSON }
        var list = RevocationList()
        var section = json.first(in: json.root)
        while section < json.end(of: json.root) {
            let name = json.name(of: section)
            guard name == "jti" || name == "users" else { throw .unknownMember(section: nil, index: nil) }
            guard json.kind(section) == .array else { throw .badMember(section: name, index: nil, name: name) }
            try list.read(json, section, name, now)
            section = json.after(section)
        }
        return list
    }

    private mutating func read(
        _ json: JSONDocument,
        _ section: Int,
        _ name: String,
        _ now: WallClock
    ) throws(RevocationProblem) {
        var index = 0
        var node = json.first(in: section)
        while node < json.end(of: section) {
            guard self.count < Self.maximumEntries else { throw .tooManyEntries }
            let entry = try RevocationEntry(json, node, section: name, index: index)
            if name == "users" {
                self.users.insert(issuer: entry.issuer, name: entry.name, bound: entry.time ?? .max)
            } else if !entry.isOver(at: now) {
                self.tokens.insert(issuer: entry.issuer, name: entry.name, bound: .max)
            }
            index += 1
            node = json.after(node)
        }
    }
}

/// What is wrong with a document. `section` is `jti` or `users`, `index` counts from 0.
package enum RevocationProblem: Error, Sendable, Equatable {
    case tooLarge
    case tooManyEntries
    case notJSON
    /// At the top when there is no section.
    case unknownMember(section: String?, index: Int?)
    case badMember(section: String, index: Int?, name: String)

    package var message: String {
        switch self {
        case .tooLarge:
            "the revocation list is longer than 32 MiB"
        case .tooManyEntries:
            "the revocation list has more than \(RevocationList.maximumEntries) entries"
        case .notJSON:
            #"the revocation list is not a JSON object such as {"jti": [...], "users": [...]}"#
        case .unknownMember(let section?, let index?):
            "\(section)[\(index)] has a member that means nothing here"
        case .unknownMember:
            "only jti and users may stand at the top of a revocation list"
        case .badMember(let section, let index?, let name):
            "\(section)[\(index)]: “\(name)” is missing or not what it should be"
        case .badMember(let section, nil, _):
            "\(section) must be a list"
        }
    }
}
