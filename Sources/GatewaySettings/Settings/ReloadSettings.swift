/// The `reload` block: what a new settings file does to what is open.
package struct ReloadSettings: Sendable, Equatable {
    /// Whether sockets are closed whose route is gone.
    package var closeRemoved = false

    package init() {}
}
