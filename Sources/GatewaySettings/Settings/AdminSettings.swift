/// The `admin` block: the listener for metrics, health and sockets. Absent means off.
package struct AdminSettings: Sendable {
    package var address: Located<AddressSettings>

    package init(address: Located<AddressSettings>) { self.address = address }
}
