internal import GatewayMessage

/// `10.0.0.0/8`, `2001:db8::/32`, `127.0.0.1`, `unix`.
enum PeerRangeText {
    private static let hint = "write an address such as 10.1.2.3, a block such as 10.0.0.0/8, or unix"

    static func parse(_ text: String) throws(ScalarProblem) -> PeerRange {
        if text == "unix" { return .unix }
        if let range = IPAddressRange(text) { return .addresses(range) }
        if let problem = self.wordProblem(text) { throw problem }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let written = parts.first ?? ""
        guard let address = IPAddress(written) else {
            throw self.addressProblem(written, prefix: parts.count == 2 ? "/" + parts[1] : "")
        }
        throw self.prefixProblem(written, address, prefix: parts.count == 2 ? parts[1] : "")
    }

    private static func wordProblem(_ text: String) -> ScalarProblem? {
        let word = text.lowercased()
        if word.hasPrefix("unix") {
            return ScalarProblem("is not known here", hint: "unix alone is everybody who comes over a Unix socket")
        }
        if ["*", "all", "any"].contains(word) {
            return ScalarProblem("is no address", hint: "0.0.0.0/0 is every IPv4 address, ::/0 is every address")
        }
        if text.contains(where: { $0 == "," || $0 == " " }) {
            return ScalarProblem("is not one address", hint: "make each an item of its own: [10.0.0.0/8, unix]")
        }
        return nil
    }

    // MARK: The address is one

    private static func prefixProblem(_ written: String, _ address: IPAddress, prefix: String) -> ScalarProblem {
        let width = written.contains(":") ? 128 : 32
        if width == 32, let mask = IPAddress(prefix), mask.isV4 {
            let length = self.length(of: UInt32(truncatingIfNeeded: mask.low))
            return ScalarProblem(
                "has a mask behind its slash",
                hint: "write how many leading bits count, as in 10.0.0.0/8",
                suggestion: length.map { "write \(self.block(address, $0, of: width))" }
            )
        }
        guard let length = try? NumberText.parse(prefix), length <= width else {
            let family = width == 32 ? "IPv4" : "IPv6"
            return ScalarProblem(
                "has no valid prefix",
                hint: "behind the slash of an \(family) block stands a number from 0 to \(width)"
            )
        }
        let block = self.block(address, length, of: width)
        let rest = self.rest(of: address, behind: length, of: width)
        return ScalarProblem(
            "has bits set behind its prefix",
            hint: "write the first address of the block, as in 10.0.0.0/8",
            suggestion: "\(rest) lies behind /\(length): write \(block) for the block, \(written) for one address"
        )
    }

    /// How many leading ones a netmask has; nil when others follow a zero.
    private static func length(of mask: UInt32) -> Int? {
        let ones = (~mask).leadingZeroBitCount
        return mask << UInt32(ones) == 0 ? ones : nil
    }

    private static func block(_ address: IPAddress, _ length: Int, of width: Int) -> String {
        let first = IPAddressRange(address, prefixLength: length + 128 - width).address
        return "\(String(decoding: first.text, as: UTF8.self))/\(length)"
    }

    private static func rest(of address: IPAddress, behind length: Int, of width: Int) -> String {
        let first = IPAddressRange(address, prefixLength: length + 128 - width).address
        let rest =
            width == 32
            ? IPAddress(v4: UInt32(truncatingIfNeeded: address.low ^ first.low))
            : IPAddress(high: address.high ^ first.high, low: address.low ^ first.low)
        return String(decoding: rest.text, as: UTF8.self)
    }

    // MARK: The address is none

    private static func addressProblem(_ written: String, prefix: String) -> ScalarProblem {
        if written.contains("%") {
            return ScalarProblem("has a zone", hint: "write the address without % and what follows")
        }
        if let (bare, hasPort) = self.unwrapped(written) {
            let suggestion = "write \(Excerpt.clean(bare + prefix))"
            guard hasPort else {
                return ScalarProblem("stands in brackets", hint: "write it without", suggestion: suggestion)
            }
            return ScalarProblem("has a port", hint: "an address stands here without its port", suggestion: suggestion)
        }
        if written.contains(":") { return ScalarProblem("is no valid IPv6 address", hint: self.hint) }
        if written.utf8.allSatisfy({ $0 == 0x2E || $0 == 0x2A || ($0 >= 0x30 && $0 <= 0x39) }) {
            return self.quadProblem(written, prefix: prefix)
        }
        let ends = written.split(separator: "-", omittingEmptySubsequences: false)
        if ends.count == 2, ends.allSatisfy({ $0.utf8.allSatisfy { $0 == 0x2E || ($0 >= 0x30 && $0 <= 0x39) } }) {
            return ScalarProblem("is a range", hint: "write it in blocks such as 10.0.0.0/8")
        }
        guard !written.isEmpty else { return ScalarProblem("is no address", hint: self.hint) }
        return ScalarProblem(
            "is a name, not an address",
            hint: "names can change whom they mean: write addresses",
            suggestion: written == "localhost" ? "write 127.0.0.1 and ::1" : nil
        )
    }

    /// `[::1]`, `[::1]:80` and `10.0.0.1:80` without what is too much.
    private static func unwrapped(_ written: String) -> (bare: String, hasPort: Bool)? {
        if written.hasPrefix("["), let end = written.firstIndex(of: "]") {
            let bare = String(written[written.index(after: written.startIndex)..<end])
            guard IPAddress(bare) != nil else { return nil }
            return (bare, written.index(after: end) != written.endIndex)
        }
        guard let colon = written.firstIndex(of: ":") else { return nil }
        let bare = String(written[..<colon])
        return IPAddress(bare) == nil ? nil : (bare, true)
    }

    /// `10.0.0`, `10.*`, `010.0.0.1`, `10.0.0.256`
    private static func quadProblem(_ written: String, prefix: String) -> ScalarProblem {
        let parts = written.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let given = Array(parts.prefix { $0 != "*" })
        let numbers = given.compactMap { Int($0) }.filter { (0...255).contains($0) }
        guard !given.isEmpty, numbers.count == given.count, parts.count <= 4,
            parts[given.count...].allSatisfy({ $0 == "*" })
        else { return ScalarProblem("is no valid IPv4 address", hint: "write four numbers from 0 to 255") }
        let first = (numbers + Array(repeating: 0, count: 4 - numbers.count)).map(String.init).joined(separator: ".")
        if numbers.count == 4 {
            let hint = "zeros in front mean octal numbers to some: write them without"
            return ScalarProblem(
                "is no valid IPv4 address", hint: hint, suggestion: "write \(first)\(Excerpt.clean(prefix))")
        }
        let block = prefix.isEmpty ? "\(first)/\(8 * numbers.count)" : first + prefix
        let isBlock = IPAddressRange(block) != nil
        return ScalarProblem(
            "is no whole IPv4 address", hint: self.hint, suggestion: isBlock ? "write \(block)" : nil)
    }
}
