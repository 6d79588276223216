/// What a route does to the header fields of requests or responses. Names are checked: none of them frames a message, belongs to
/// one hop or is owned by the gateway.
package struct HeaderEditSettings: Sendable, Equatable {
    /// Lines that replace every line of the same name.
    package var set: [HeaderLineSettings] = []
    /// Lines that are sent beside those that are there.
    package var add: [HeaderLineSettings] = []
    /// In lower case.
    package var remove: [Located<String>] = []

    package init() {}

    package var isEmpty: Bool { self.set.isEmpty && self.add.isEmpty && self.remove.isEmpty }
}

/// One header line as the file says it.
package struct HeaderLineSettings: Sendable, Equatable {
    package var name: Located<String>
    package var value: Located<String>

    package init(name: Located<String>, value: Located<String>) {
        self.name = name
        self.value = value
    }
}
