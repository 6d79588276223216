import Testing

@testable import GatewaySettings

@Suite struct SimpleJWTSettingsTests {
    private func settings(_ lines: String) throws -> SimpleJWTSettings {
        let reading = Reading.of(adding: "SIMPLE_JWT:\n  SIGNING_KEY: ${KEY}\n" + lines)
        #expect(reading.problems.map { $0.rendered() } == [])
        return try #require(reading.settings?.simpleJWT)
    }

    @Test func defaults_areSimplejwts_whenOnlyTheKeyIsWritten() throws {
        let settings = try settings("")
        #expect(settings.algorithm == nil)
        #expect(settings.signingKey?.value == Reading.secret)
        #expect(settings.verifyingKey == nil)
        #expect(settings.audience == nil)
        #expect(settings.issuer == nil)
        #expect(settings.leeway == .zero)
        #expect(settings.authHeaderTypes == ["Bearer"])
        #expect(settings.authHeaderName == "authorization")
        #expect(settings.userIDClaim == "user_id")
        #expect(settings.tokenClasses == [TokenClassSettings(name: "AccessToken", type: "access")])
        #expect(settings.tokenTypeClaim == "token_type")
        #expect(settings.jtiClaim == "jti")
        #expect(settings.revokeTokenClaim == "hash_password")
        #expect(settings.accessTokenLifetime == .seconds(300))
    }

    @Test func everySetting_isRead() throws {
        let settings = try settings(
            """
              ALGORITHM: HS512
              AUDIENCE: [web, app]
              ISSUER: https://id.example.com
              LEEWAY: 2.5
              AUTH_HEADER_TYPES: [Bearer, JWT]
              AUTH_HEADER_NAME: HTTP_X_ACCESS_TOKEN
              USER_ID_CLAIM: sub
              AUTH_TOKEN_CLASSES: [rest_framework_simplejwt.tokens.SlidingToken, AccessToken]
              TOKEN_TYPE_CLAIM: typ
              JTI_CLAIM: id
              REVOKE_TOKEN_CLAIM: pw
              ACCESS_TOKEN_LIFETIME: PT60M
              JWK_URL: null
            """
        )
        #expect(settings.algorithm?.value == "HS512")
        #expect(settings.audience?.value == ["web", "app"])
        #expect(settings.issuer?.value == ["https://id.example.com"])
        #expect(settings.leeway == .milliseconds(2500))
        #expect(settings.authHeaderTypes == ["Bearer", "JWT"])
        #expect(settings.authHeaderName == "x-access-token")
        #expect(settings.userIDClaim == "sub")
        #expect(settings.tokenClasses.map(\.type) == ["sliding", "access"])
        #expect(settings.tokenTypeClaim == "typ")
        #expect(settings.jtiClaim == "id")
        #expect(settings.revokeTokenClaim == "pw")
        #expect(settings.accessTokenLifetime == .seconds(3600))
    }

    /// The block of a Django project, as its author would paste it.
    @Test func pythonWords_areUnderstood() throws {
        let settings = try settings(
            """
              'ACCESS_TOKEN_LIFETIME': timedelta(minutes=60)
              'REFRESH_TOKEN_LIFETIME': timedelta(days=1)
              'ROTATE_REFRESH_TOKENS': False
              'AUTH_HEADER_TYPES': 'Bearer'
              'AUDIENCE': None
              'ISSUER': None
              'LEEWAY': 0
              'USER_ID_FIELD': 'id'
              'JTI_CLAIM': None
              'TOKEN_TYPE_CLAIM': None
              'CHECK_USER_IS_ACTIVE': False
              'CHECK_REVOKE_TOKEN': False
            """
        )
        #expect(settings.accessTokenLifetime == .seconds(3600))
        #expect(settings.authHeaderTypes == ["Bearer"])
        #expect(settings.audience == nil)
        #expect(settings.jtiClaim == nil)
        #expect(settings.tokenTypeClaim == nil)
    }

    @Test(arguments: [
        "USER_ID_FIELD", "SLIDING_TOKEN_REFRESH_EXP_CLAIM", "USER_AUTHENTICATION_RULE", "TOKEN_USER_CLASS",
        "SLIDING_TOKEN_LIFETIME", "REFRESH_TOKEN_LIFETIME", "SLIDING_TOKEN_REFRESH_LIFETIME", "ROTATE_REFRESH_TOKENS",
        "BLACKLIST_AFTER_ROTATION", "UPDATE_LAST_LOGIN", "JSON_ENCODER", "TOKEN_OBTAIN_SERIALIZER",
        "TOKEN_REFRESH_SERIALIZER", "TOKEN_VERIFY_SERIALIZER", "TOKEN_BLACKLIST_SERIALIZER",
        "SLIDING_TOKEN_OBTAIN_SERIALIZER", "SLIDING_TOKEN_REFRESH_SERIALIZER", "ON_LOGIN_SUCCESS", "ON_LOGIN_FAILED",
    ])
    func issuersSetting_isAcceptedWithNotice(name: String) {
        let reading = Reading.of(adding: "SIMPLE_JWT:\n  SIGNING_KEY: ${KEY}\n  \(name): ${WHATEVER} [1\n")
        #expect(reading.problems.isEmpty)
        #expect(reading.notices.count == 1)
        #expect(reading.notices.first?.message.contains(name) == true)
    }

    @Test(arguments: ["HS256", "HS384", "HS512"])
    func secretFile_losesItsLastLineBreak(algorithm: String) {
        for (contents, expected) in [
            ("k", "k"), ("k\n", "k"), ("k\r\n", "k"), ("k\n\n", "k\n"), (" k ${KEY}$$", " k ${KEY}$$"),
        ] {
            let reading = SettingsReader.read(
                text: Reading.minimal + "SIMPLE_JWT: {ALGORITHM: \(algorithm), SIGNING_KEY: {file: keys/secret}}",
                file: "/etc/gate/gateway.yaml",
                environment: [:]
            ) { $0 == "/etc/gate/keys/secret" ? contents : nil }
            #expect(reading.settings?.simpleJWT?.signingKey?.value == expected)
        }
    }

    @Test func secretText_isKeptByteForByte() throws {
        let reading = Reading.of(adding: "SIMPLE_JWT: {SIGNING_KEY: ' a\"b#c: d\u{E9}$e '}")
        #expect(reading.settings?.simpleJWT?.signingKey?.value == " a\"b#c: d\u{E9}$e ")
    }

    @Test func secretFile_isProblem_whenEmptyOrNotText() {
        func problems(_ bytes: [UInt8]) -> [String] {
            let text = Reading.minimal + "SIMPLE_JWT: {SIGNING_KEY: {file: k}}"
            return SettingsReader.read(Array(text.utf8), file: "g", environment: [:]) { _ in .bytes(bytes) }.problems
                .map(\.message)
        }
        #expect(problems([]) == ["the key is empty"])
        #expect(problems([0x0A]) == ["the key is empty"])
        #expect(problems([0xFF]) == ["`k` does not hold UTF-8 text"])
        #expect(problems([0x61]) == [])
    }

    @Test func publicKey_isReadWhole_andPrivateKeyNotAtAll() throws {
        var opened: [String] = []
        let text =
            Reading.minimal
            + "SIMPLE_JWT: {ALGORITHM: RS256, VERIFYING_KEY: {file: public.pem}, SIGNING_KEY: {file: private.pem}}"
        let reading = SettingsReader.read(text: text, file: "gateway.yaml", environment: [:]) { path in
            opened.append(path)
            return "PEM\n"
        }
        let settings = try #require(reading.settings?.simpleJWT)
        #expect(settings.verifyingKey?.value == "PEM\n")
        #expect(settings.signingKey == nil)
        #expect(opened == ["public.pem"])
        #expect(reading.notices.count == 1)
    }

    @Test func secrets_areNotShown_whenSettingsArePrinted() throws {
        let reading = Reading.of(adding: "SIMPLE_JWT: {SIGNING_KEY: '${KEY}'}")
        let settings = try #require(reading.settings)
        var dumped = ""
        dump(settings, to: &dumped)
        dump(settings.simpleJWT, to: &dumped)
        let printed = "\(settings) \(String(reflecting: settings)) \(reading) \(dumped)"
        #expect(printed.contains("(not shown)"))
        #expect(!printed.contains(Reading.secret))
    }

    /// With such a text for a key, everybody could sign tokens.
    @Test(arguments: [
        "SECRET_KEY", "settings.SECRET_KEY", "'SECRET_KEY'", "SIGNING_KEY", "DJANGO_SECRET_KEY", "SECRET_KEY,",
        "settings.JWT[\"KEY\"]", "os.environ['JWT_KEY']", "os.environ.get('K', '\(Reading.secret)')",
        "os.getenv('K', '\(Reading.secret)')", "env('JWT_KEY')", "config('JWT_KEY')", "environ['K']",
        "open('key.pem').read()", "${NAME}",
        "${NOT_SET:-SECRET_KEY}", "settings.${NAME}",
    ])
    func key_isProblem_whenItIsPythonsNameForIt(text: String) {
        for (algorithm, key) in [("HS256", "SIGNING_KEY"), ("RS256", "VERIFYING_KEY")] {
            let lines = "SIMPLE_JWT:\n  ALGORITHM: \(algorithm)\n  \(key): \(text)\n"
            let reading = SettingsReader.read(
                text: Reading.minimal + lines, file: "g", environment: ["NAME": "SECRET_KEY"]
            ) { _ in nil }
            #expect(reading.settings == nil)
            #expect(reading.problems.map(\.location.key) == ["SIMPLE_JWT.\(key)"])
            #expect(reading.problems.first?.message.contains("is Python's name for the key") == true)
            #expect(!reading.rendered.joined().contains(Reading.secret))
        }
    }

    @Test(arguments: [
        ("SECRET_KEY", "JWT_SIGNING_KEY"), ("DJANGO_SECRET_KEY", "DJANGO_SECRET_KEY"),
        ("os.environ[\"JWT_KEY\"]", "JWT_KEY"), ("os.environ.get('K2', '\(Reading.secret)')", "K2"),
        ("env('JWT_KEY')", "JWT_KEY"), ("os.environ.get(NAME, 'JWT_KEY')", "JWT_SIGNING_KEY"),
        ("env('not-a-name')", "JWT_SIGNING_KEY"), ("settings.JWT['KEY']", "JWT_SIGNING_KEY"),
        ("env('", "JWT_SIGNING_KEY"), ("env('')", "JWT_SIGNING_KEY"),
    ])
    func keysHint_namesTheVariable_thatPythonAsksFor(text: String, variable: String) {
        #expect(PythonKeyExpression.hint(raw: text) == "write \"${\(variable)}\" or {file: path}")
        #expect(PythonKeyExpression.hint(raw: "open('K').read()") == "write {file: path}")
    }

    @Test(arguments: [
        "my-SECRET_KEY", "SECRET_KEYS", "secret_key", "x os.environ", "environment", "configuration", "${CALL}",
        "{file: name}",
    ])
    func key_isTaken_whenItOnlyResemblesPython(text: String) {
        let reading = SettingsReader.read(
            text: Reading.minimal + "SIMPLE_JWT:\n  SIGNING_KEY: \(text)\n",
            file: "g",
            environment: ["CALL": "env('x')"]
        ) { _ in "SECRET_KEY" }
        #expect(reading.problems == [])
    }
}
