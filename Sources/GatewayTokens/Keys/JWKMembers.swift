/// The members of one JSON Web Key, read by the types they must have.
struct JWKMembers {
    private let document: JSONDocument
    private let node: Int

    /// Nil when the value is no object.
    init?(_ document: JSONDocument, _ node: Int) {
        guard document.kind(node) == .object else { return nil }
        self.document = document
        self.node = node
    }

    /// What only the signer may have (RFC 7518 section 6.3.2, RFC 8037 section 2), or nil.
    var privateMember: String? {
        // A secret has no private half: `k` is all of it.
        if self.text("kty") == "oct" { return nil }
        return ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"].first(where: self.has)
    }

    func has(_ name: String) -> Bool { self.document.member(name, of: self.node) != nil }

    func text(_ name: String) -> String? {
        guard let node = self.document.member(name, of: self.node), self.document.kind(node) == .string else {
            return nil
        }
        return self.document.text(of: node)
    }

    /// An array of nothing but texts.
    func texts(_ name: String) -> [String]? {
        guard let array = self.document.member(name, of: self.node), self.document.kind(array) == .array else {
            return nil
        }
        var texts: [String] = []
        var item = self.document.first(in: array)
        while item < self.document.end(of: array) {
            guard self.document.kind(item) == .string else { return nil }
            texts.append(self.document.text(of: item))
            item = self.document.after(item)
        }
        return texts
    }

    /// What base64url text stands for: strictly spelled and at least one byte.
    func bytes(_ name: String) throws(KeyProblem) -> [UInt8] {
        guard let node = self.document.member(name, of: self.node), self.document.kind(node) == .string else {
            throw .badMember(name)
        }
        let text = Array(self.document.utf8(of: node))
        guard let bytes = Base64URL.decode(text.span.bytes, 0..<text.count), !bytes.isEmpty else {
            throw .badMember(name)
        }
        return bytes
    }

    func keyID() throws(KeyProblem) -> String? {
        guard self.has("kid") else { return nil }
        guard let keyID = self.text("kid"), keyID.utf8.count <= JOSEHeader.maximumKeyIDLength else {
            throw .badMember("kid")
        }
        return keyID
    }

    func algorithm() throws(KeyProblem) -> SigningAlgorithm? {
        guard self.has("alg") else { return nil }
        guard let name = self.text("alg") else { throw .badMember("alg") }
        guard let algorithm = SigningAlgorithm(exactly: name.utf8) else { throw .unsupportedKeyAlgorithm }
        return algorithm
    }
}
