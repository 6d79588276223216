internal import GatewayMessage

extension SettingsField {
    func peerRanges(mayBeEmpty: Bool = true) -> [Located<PeerRange>]? {
        if case .scalar(let scalar) = self.node.content, let isOn = try? BooleanText.parse(scalar.text) {
            let hint = isOn ? "write whom it means: [10.0.0.0/8]" : "write [] for nobody"
            self.reportMismatch(expected: "a list of addresses such as 10.0.0.0/8", hint: hint)
            return nil
        }
        return self.distinctList(of: "addresses such as 10.0.0.0/8", mayBeEmpty: mayBeEmpty) { item in
            item.parsed(expected: "an address, a block such as 10.0.0.0/8, or unix") { (text) throws(ScalarProblem) in
                try PeerRangeText.parse(text)
            }
        }
    }
}

extension PeerRange {
    /// Whether nobody is outside, of one address family at least.
    var isEverybody: Bool {
        guard case .addresses(let range) = self else { return false }
        return range.prefixLength == 0 || range.prefixLength == 96 && range.address.isV4
    }

    func covers(_ other: PeerRange) -> Bool {
        switch (self, other) {
        case (.unix, .unix): true
        case (.addresses(let outer), .addresses(let inner)):
            outer.prefixLength <= inner.prefixLength && outer.contains(inner.address)
        case (.unix, .addresses), (.addresses, .unix): false
        }
    }
}
