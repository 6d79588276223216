extension LimitSettings {
    mutating func read(_ block: inout SettingsBlock) {
        // The whole head first: the other two must fit into it.
        block.read("header_block", into: &self.headerBlock) { $0.size(in: 1024...(1 << 20)) }
        let whole = self.headerBlock
        block.read("request_line", into: &self.requestLine) { $0.size(in: 256...(1 << 20), within: whole) }
        block.read("header", into: &self.header) { $0.size(in: 256...(1 << 20), within: whole) }
        block.read("header_count", into: &self.headerCount) { $0.integer(in: 10...10_000) }
        block.read("body", into: &self.body) { $0.orOff { $0.size(in: 1...(1 << 50)) } }
        block.read("connections", into: &self.connections) { field in
            if field.says("auto") { return .some(nil) }
            return field.integer(in: 1...10_000_000).map { .some($0) }
        }
        block.read("keep_alive_requests", into: &self.keepAliveRequests) { $0.orOff { $0.integer(in: 1...(1 << 40)) } }
        let connections = self.connections
        block.read("web_sockets", into: &self.webSockets) { field in
            let count = field.socketsOrOff()
            if case .some(.some(let count)) = count, let connections, count > connections {
                field.notice("is never reached", hint: "connections ends at \(connections)")
            }
            return count
        }
        block.readBlock("address") { self.address.read(&$0) }
    }
}

extension AddressLimitSettings {
    fileprivate mutating func read(_ block: inout SettingsBlock) {
        block.read("connections_per_second", into: &self.connectionsPerSecond) { $0.rateOrOff() }
        block.read("requests_per_second", into: &self.requestsPerSecond) { $0.rateOrOff() }
    }
}

extension SettingsField {
    fileprivate func size(in range: ClosedRange<Int>, within whole: Int) -> Int? {
        guard let size = self.size(in: range) else { return nil }
        guard size <= whole else {
            self.report("is larger than header_block, the whole head", hint: "at most \(SizeText.render(whole))")
            return nil
        }
        return size
    }
}
