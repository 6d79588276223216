extension ListenSettings {
    static func readAll(_ field: SettingsField) -> [ListenSettings] {
        guard field.items == nil, !field.isNull else {
            return field.list(of: "addresses") { ListenSettings(reading: $0) } ?? []
        }
        field.reportMismatch(expected: "a list of addresses", hint: self.hint(for: field))
        return []
    }

    /// How a listener is written, with the address that stands there.
    private static func hint(for field: SettingsField) -> String {
        var written = field.node
        if case .mapping(let entries) = written.content {
            written = entries.first { $0.key == "address" }?.value ?? written
        }
        guard case .scalar(let scalar) = written.content, (try? AddressText.parse(scalar.text, ports: 0...65535)) != nil
        else { return "write - address: 127.0.0.1:8080" }
        return "write - address: \(Excerpt.clean(scalar.text))"
    }

    init?(reading field: SettingsField) {
        guard !field.isScalar else {
            field.reportMismatch(expected: "a mapping", hint: Self.hint(for: field))
            return nil
        }
        var address: Located<AddressSettings>?
        var tls: TLSListenSettings?
        var proxies: [Located<PeerRange>] = []
        field.readBlock { block in
            address = block.require("address", hint: "write address: 127.0.0.1:8080")?.address(ports: 0...65535)
            // Not silently plain HTTP when nothing stands below the key.
            block.take("tls")?.readBlock { tls = TLSListenSettings(reading: &$0) }
            proxies = block.take("proxy_protocol")?.peerRanges() ?? []
        }
        guard let address else { return nil }
        self.init(address: address, tls: tls)
        self.proxyProtocol = proxies.map(\.value)
        self.reportDoubtful(proxies, field.context)
    }

    private func reportDoubtful(_ proxies: [Located<PeerRange>], _ context: ReadingContext) {
        for proxy in proxies where proxy.value.isEverybody {
            context.notice(
                "every client must announce itself, and is believed what it says about its address", at: proxy.location,
                hint: "list the addresses of your own proxies only")
        }
        guard let first = proxies.first else { return }
        let isPath = if case .unix = self.address.value { true } else { false }
        if isPath, !proxies.contains(where: { $0.value == .unix }) {
            context.report("nobody has an address on a Unix socket", at: first.location, hint: "write unix")
        } else if !isPath, proxies.allSatisfy({ $0.value == .unix }) {
            let hint = "write the addresses of your own proxies, such as 10.0.0.0/8"
            context.report("nobody comes here over a Unix socket", at: first.location, hint: hint)
        }
    }
}

extension TLSListenSettings {
    /// The files are not opened here: who listens reads them, and reads them again.
    init?(reading block: inout SettingsBlock) {
        let certificate = block.require("certificate", hint: "write certificate: fullchain.pem")?.filePath()
        let key = block.require("key", hint: "write key: privkey.pem")?.filePath()
        guard let certificate, let key else { return nil }
        self.init(certificate: certificate, key: key)
    }
}
