extension ChatPage {
    static let style = ""
    static let script = ""
    static func markup(style: String, script: String) -> String { "" }
}
