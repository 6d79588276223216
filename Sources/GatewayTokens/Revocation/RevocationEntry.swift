/// One object of a revocation list.
struct RevocationEntry {
    /// The token's id, or the user.
    let name: String
    let issuer: String?
    /// `exp` of a token, `issued_before` of a user.
    let time: Int64?

    /// How long an entry outlives its token: more than any leeway.
    private static let grace: Int64 = 3600

    init(_ json: JSONDocument, _ node: Int, section: String, index: Int) throws(RevocationProblem) {
        let isUser = section == "users"
        let (nameMember, timeMember) = isUser ? ("user", "issued_before") : ("jti", "exp")
        func problem(_ name: String) -> RevocationProblem { .badMember(section: section, index: index, name: name) }

        guard json.kind(node) == .object else { throw problem(nameMember) }
        var (name, issuer, time): (String?, String?, Int64?)
        var member = json.first(in: node)
        while member < json.end(of: node) {
            switch json.name(of: member) {
            case nameMember:
                name = isUser ? UserID.canonical(json, member) : Self.tokenID(json, member)
                if name == nil { throw problem(nameMember) }
            case "iss":
                guard json.kind(member) == .string else { throw problem("iss") }
                issuer = json.text(of: member)
            case timeMember:
                guard json.kind(member) == .integer, let seconds = Int64(json.text(of: member)) else {
                    throw problem(timeMember)
                }
                time = seconds
            default:
                throw .unknownMember(section: section, index: index)
            }
            member = json.after(member)
        }
        guard let name else { throw problem(nameMember) }
        self.name = name
        self.issuer = issuer
        self.time = time
    }

    /// As `VerifiedToken.jti` spells it.
    private static func tokenID(_ json: JSONDocument, _ node: Int) -> String? {
        switch json.kind(node) {
        case .string: json.text(of: node)
        case .integer: json.integerText(of: node)
        case .number, .true, .false, .null, .array, .object: nil
        }
    }

    /// Whether the token has ended by itself.
    func isOver(at now: WallClock) -> Bool {
        guard let end = self.time else { return false }
        return end.addingClamped(Self.grace) < now.seconds
    }
}
