import Testing

@testable import GatewaySettings

@Suite struct ExampleFileTests {
    private static let folder = Project.root + "/examples"

    @Test(arguments: Project.files(in: folder, suffix: ".yaml"))
    func example_isRead_withoutProblemsAndNotices(name: String) {
        let environment = ["JWT_SIGNING_KEY": Reading.secret]
        let reading = SettingsReader.read(file: "\(Self.folder)/\(name)", environment: environment)
        #expect(reading.rendered == [])
        #expect(reading.settings?.routes.isEmpty == false)
    }

    @Test(arguments: ["gateway", "gateway-assertion"])
    func exampleProject_isRead_withoutProblems(name: String) {
        let environment = [
            "JWT_SIGNING_KEY": Reading.secret, "DJANGO_SECRET_KEY": Reading.secret,
            "TOLLGATE_ASSERTION_KEY": "another " + Reading.secret, "TOLLGATE_FEED_TOKEN": "third-" + Reading.secret,
        ]
        let reading = SettingsReader.read(file: Self.folder + "/django-chat/\(name).yaml", environment: environment)
        #expect(reading.problems.map { $0.rendered() } == [])
    }

    @Test func examples_areFound() { #expect(Project.files(in: Self.folder, suffix: ".yaml").count >= 4) }
}
