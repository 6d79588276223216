extension TimeoutSettings {
    mutating func read(_ block: inout SettingsBlock) {
        block.read("head", into: &self.head) { $0.duration(in: .anyTimeout) }
        block.read("body_idle", into: &self.bodyIdle) { $0.duration(in: .anyTimeout) }
        block.read("write_stall", into: &self.writeStall) { $0.duration(in: .anyTimeout) }
        block.read("keep_alive", into: &self.keepAlive) { $0.duration(in: .anyTimeout) }
        block.read("drain_delay", into: &self.drainDelay) { $0.duration(in: .zero...(.seconds(3600))) }
        block.read("drain", into: &self.drain) { $0.duration(in: .zero...(.seconds(86_400))) }
    }
}
