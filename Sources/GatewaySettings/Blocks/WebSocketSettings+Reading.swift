extension WebSocketSettings {
    /// `true`, `false` or a mapping of options; nil for `false`.
    static func read(_ field: SettingsField) -> WebSocketSettings? {
        if field.isScalar { return field.boolean() == true ? WebSocketSettings() : nil }
        var settings = WebSocketSettings()
        field.readBlock { settings.read(&$0) }
        return settings
    }

    private mutating func read(_ block: inout SettingsBlock) {
        block.read("only", into: &self.only) { $0.boolean() }
        block.read("max_message", into: &self.maxMessage) { $0.size(in: 125...(1 << 40)) }
        if block.writes("max_message") { self.maxFrame = self.maxMessage }
        block.read("max_frame", into: &self.maxFrame) { field in
            guard let size = field.size(in: 125...(1 << 40)) else { return nil }
            guard size <= self.maxMessage else {
                field.report("is larger than max_message", hint: "at most \(SizeText.render(self.maxMessage))")
                return nil
            }
            return size
        }
        block.read("refuse", into: &self.refuse) { $0.choice(of: WebSocketRefusal.self) }
        block.read("compression", into: &self.compression) { $0.boolean() }
    }
}
