@testable import GatewaySettings
import Testing

@Suite struct SettingsReaderTests {
    @Test func empty_isProblem() {
        let reading = SettingsReader.read(text: "", file: "gateway.yaml", environment: [:]) { _ in nil }
        #expect(reading.settings == nil)
    }
}
