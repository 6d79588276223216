/// The values that `typ` may have, compared as RFC 7515 section 4.1.9 says: whatever the letter case, and a value
/// without a slash means the media type `application/` and itself.
package struct HeaderTypes: Sendable {
    /// In lower case, with the prefix.
    private let names: [[UInt8]]

    private static let prefix = Array("application/".utf8)

    package init(_ names: [String]) {
        self.names = names.map { name in
            let lowercase = name.utf8.map(Self.lowercase)
            return lowercase.contains(UInt8(ascii: "/")) ? lowercase : Self.prefix + lowercase
        }
    }

    /// A token without `typ` is none of any type.
    func accepts(_ type: [UInt8]?) -> Bool {
        guard let type, !type.isEmpty else { return false }
        let start = type.contains(UInt8(ascii: "/")) ? 0 : Self.prefix.count
        return self.names.contains { name in
            guard name.count == type.count + start, start == 0 || name.starts(with: Self.prefix) else { return false }
            for index in type.indices where name[index + start] != Self.lowercase(type[index]) { return false }
            return true
        }
    }

    /// ASCII only: media types have no other letters.
    private static func lowercase(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
}
