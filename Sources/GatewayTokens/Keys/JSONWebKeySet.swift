/// A document `{"keys": [...]}` (RFC 7517 section 5).
enum JSONWebKeySet {
    static let maximumLength = 1 << 20
    static let maximumKeys = 100
    static let limits = JSONLimits(length: maximumLength, depth: 8, values: 8192, numberLength: 64)

    /// Keys that cannot be used are skipped; a private key ends everything, for whoever wrote it down has given the
    /// key away.
    ///
    /// A `kid` belongs to the first key for signatures that bears it, usable or not, as in PyJWT: two keys under one
    /// name would make a token's key a matter of luck.
    static func read(
        _ text: [UInt8],
        algorithms: [SigningAlgorithm],
        origin: KeyOrigin,
        maximumKeys: Int = .max
    ) throws(KeyProblem) -> LoadedKeys {
        let maximumKeys = min(maximumKeys, self.maximumKeys)
        let document = try self.parse(text)
        guard let keys = document.member("keys", of: document.root), document.kind(keys) == .array else {
            throw .notKeySet
        }
        var result = LoadedKeys()
        var takenIDs: Set<[UInt8]> = []
        var index = 0
        var item = document.first(in: keys)
        while item < document.end(of: keys) {
            guard index < maximumKeys else { throw .tooManyKeys }
            let members = JWKMembers(document, item)
            if let name = members?.privateMember { throw .privateMember(name) }
            do throws(KeyProblem) {
                guard let members else { throw .badMember("kty") }
                let isFirst = self.claimID(members, &takenIDs)
                let key = try JSONWebKey(members)
                guard isFirst else { throw .duplicateKeyID }
                result.keys += try key.bind(to: algorithms, origin: origin)
            } catch {
                result.skipped.append(SkippedKey(index: index, keyID: members?.text("kid"), problem: error))
            }
            index += 1
            item = document.after(item)
        }
        guard index > 0 else { throw .noKeys }
        return try result.orProblem()
    }

    static func parse(_ text: [UInt8]) throws(KeyProblem) -> JSONDocument {
        guard text.count <= self.maximumLength else { throw .tooLarge }
        guard let document = try? JSONDocument(parsing: text, limits: self.limits) else { throw .notKeySet }
        return document
    }

    /// False when an earlier key has the same `kid`. Only a key that says it is for something else leaves its name free.
    private static func claimID(_ members: JWKMembers, _ taken: inout Set<[UInt8]>) -> Bool {
        guard let keyID = members.text("kid"), members.text("use") ?? "sig" == "sig" else { return true }
        return taken.insert(Array(keyID.utf8)).inserted
    }
}
