"""TDS clients that are not ours against the simulated SQL Servers: what they send must work, what they get must be right."""

import datetime
import json
import pathlib
import re
import subprocess

import pytest

from lab import QUIET, Lab, server
from support import NODE_MODULES, ROOT, node_with, package

MAY = ["ALTER ANY CREDENTIAL", "VIEW SERVER STATE", "BACKUP DATABASE"]
CONFIG = (QUIET + server("plain", permissions=MAY) + server("forced", encryption="on", permissions=MAY)
          + server("powerless", permissions=[]))
CREDENTIAL = "s3://sql-backups-2022.s3.us-east-1.amazonaws.com/backups"
VIEWS = ["sys.credentials", "sys.databases", "sys.dm_exec_requests", "sys.dm_exec_sessions", "sys.dm_exec_connections",
         "sys.server_principals", "sys.configurations", "sys.availability_groups", "msdb.dbo.backupset"]
TYPES = """SELECT CAST(1 AS bit), CAST(2 AS tinyint), CAST(-3 AS smallint), CAST(-4 AS int), CAST(5000000000 AS bigint),
 CAST(1.5 AS float), CAST(2.25 AS decimal(10,2)), N'grün', CAST('plain' AS varchar(10)), CAST('2026-01-02' AS date),
 CAST('2026-01-02T03:04:05.677' AS datetime), CAST('2026-01-02T03:04:05.1234567' AS datetime2(6)), CAST(NULL AS int),
 CAST(0x00FF AS varbinary(4)), CAST(REPLICATE(N'x', 4000) AS nvarchar(max))"""
NO_CREDENTIAL = "Cannot drop the credential 'nope', because it does not exist or you do not have permission."


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with Lab(config=CONFIG, folder=tmp_path_factory.mktemp("lab")) as running:
        yield running


class Target:
    """One target of the lab, its truth, and how each client reaches it."""

    def __init__(self, lab, name):
        self.lab = lab
        self.name = name
        entry = next(target for target in lab.ready["targets"] if target["name"] == name)
        self.host, self.port, self.login, self.password = (entry[key] for key in ("host", "port", "login", "password"))
        self.ca_file = lab.ready["ca_bundle"]

    def key(self, credential=CREDENTIAL):
        credentials = next(target for target in self.lab.state()["targets"] if target["name"] == self.name)["credentials"]
        return next((entry["access_key_id"] for entry in credentials if entry["name"] == credential), None)


@pytest.fixture
def target(lab):
    return Target(lab, "plain")


class Refused(Exception):
    """A client's error, with SQL Server's number."""

    def __init__(self, number, text):
        super().__init__(f"{number}: {text}")
        self.number = number
        self.text = text


class PythonTds:
    package = "pytds"

    def __init__(self, target, password=None):
        pytds = package("pytds")
        self.error = pytds.tds_base.Error
        try:
            # The chain is checked. Its check of host names calls a method that pyOpenSSL 24 has dropped.
            self.connection = pytds.connect(dsn=target.host, port=target.port, user=target.login, autocommit=True,
                                            password=password or target.password, cafile=target.ca_file, validate_host=False)
        except self.error as error:
            raise self.refusal(error) from error

    @staticmethod
    def refusal(error):
        return Refused(getattr(error, "number", None) or getattr(error, "msg_no", None), str(error))

    def rows(self, sql, *values):
        with self.connection.cursor() as cursor:
            try:
                cursor.execute(sql.replace("?", "%s"), values or None)
                found = [tuple(row) for row in cursor.fetchall()] if cursor.description else []
                while cursor.nextset():
                    pass
                return found
            except self.error as error:
                raise self.refusal(error) from error


class Pymssql:
    package = "pymssql"

    def __init__(self, target, password=None):
        pymssql = package("pymssql")
        self.error = pymssql.Error
        try:
            self.connection = pymssql.connect(server=target.host, port=str(target.port), user=target.login, autocommit=True,
                                              password=password or target.password, encryption="require", login_timeout=10)
        except self.error as error:
            raise Refused(error.args[0][0], str(error)) from error

    def rows(self, sql, *values):
        cursor = self.connection.cursor()
        try:
            cursor.execute(sql.replace("?", "%s"), values or None)
            found = cursor.fetchall() if cursor.description else []
            while cursor.nextset():
                pass
            return found
        except self.error as error:
            arguments = error.args if isinstance(error.args[0], int) else error.args[0]
            text = arguments[1]
            raise Refused(arguments[0], text.decode() if isinstance(text, bytes) else str(text)) from error


class MicrosoftDriver:
    """mssql-python, which carries Microsoft's ODBC Driver 18."""

    package = "mssql_python"

    def __init__(self, target, password=None):
        mssql = package("mssql_python")
        self.error = mssql.Error
        try:
            self.connection = mssql.connect(f"Server={target.host},{target.port};UID={target.login};PWD={password or target.password};"
                                            "Encrypt=yes;TrustServerCertificate=yes;", autocommit=True)
        except (self.error, RuntimeError) as error:
            raise self.refusal(error) from error

    @staticmethod
    def refusal(error):
        """It tells texts, not numbers."""
        known = {"Login failed for user": 18456, "Cannot drop the credential": 15151, "Divide by zero": 8134}
        return Refused(next((number for text, number in known.items() if text in str(error)), None), str(error))

    def rows(self, sql, *values):
        cursor = self.connection.cursor()
        try:
            cursor.execute(sql, *values)
            found = [tuple(row) for row in cursor.fetchall()] if cursor.description else []
            while cursor.nextset():
                pass
            return found
        except self.error as error:
            raise self.refusal(error) from error
        finally:
            cursor.close()


@pytest.fixture(params=[PythonTds, Pymssql, MicrosoftDriver], ids=lambda client: client.package)
def client(request):
    package(request.param.package)
    return request.param


def test_logs_in_and_reads_every_view(client, target):
    connection = client(target)
    for view in VIEWS:
        connection.rows(f"SELECT * FROM {view}")
    (identifier, name, identity, created, changed, kind, provider), = connection.rows(
        f"SELECT * FROM sys.credentials WHERE name = '{CREDENTIAL}'")
    assert (name, identity, kind, provider) == (CREDENTIAL, "S3 Access Key", None, 0)
    assert identifier >= 65536 and isinstance(created, datetime.datetime) and created <= changed


def test_wrong_password(client, target):
    with pytest.raises(Refused) as refused:
        client(target, password="wrong")
    assert refused.value.number == 18456
    assert f"Login failed for user '{target.login}'." in refused.value.text


def test_forced_encryption(client, lab):
    assert client(Target(lab, "forced")).rows("SELECT 40 + 2") == [(42,)]


def test_every_type(client, target):
    row, = client(target).rows(TYPES)
    assert (bool(row[0]), *row[1:5]) == (True, 2, -3, -4, 5_000_000_000)
    assert (row[5], float(row[6]), row[7], row[8], row[9]) == (1.5, 2.25, "grün", "plain", datetime.date(2026, 1, 2))
    # Clients differ in how they show 1/300 s.
    assert abs(row[10] - datetime.datetime(2026, 1, 2, 3, 4, 5, 677_000)) < datetime.timedelta(milliseconds=1)
    # FreeTDS's DB-Library gives datetime2 as text.
    assert row[11] in (datetime.datetime(2026, 1, 2, 3, 4, 5, 123_457), "2026-01-02 03:04:05.123457")
    assert (row[12], bytes(row[13]), row[14]) == (None, b"\x00\xff", "x" * 4000)


def test_parameters(client, target):
    rows = client(target).rows("SELECT name FROM sys.databases WHERE name = ? AND database_id > ?", "db1", 4)
    assert rows == [("db1",)]
    assert client(target).rows("SELECT ?", "it's 漢字") == [("it's 漢字",)]


def test_errors_have_numbers(client, target):
    connection = client(target)
    with pytest.raises(Refused) as refused:
        connection.rows("DROP CREDENTIAL nope")
    assert refused.value.number == 15151
    assert NO_CREDENTIAL in refused.value.text
    with pytest.raises(Refused) as refused:
        connection.rows("SELECT 1 / 0")
    assert refused.value.number == 8134
    assert connection.rows("SELECT 1") == [(1,)]


def test_credential_in_a_transaction(client, target):
    connection = client(target)
    before = target.key()
    alter = f"ALTER CREDENTIAL [{CREDENTIAL}] WITH IDENTITY = 'S3 Access Key', SECRET = 'AKIANOTTHISONE:x'"
    connection.rows("BEGIN TRANSACTION")
    connection.rows(alter)
    assert target.key() == before
    connection.rows("ROLLBACK")
    assert target.key() == before
    connection.rows(f"BEGIN TRAN; CREATE CREDENTIAL [{client.package}] WITH IDENTITY = 'S3 Access Key', SECRET = 'AKIANEW:x'; COMMIT")
    assert target.key(client.package) == "AKIANEW"
    connection.rows(f"DROP CREDENTIAL [{client.package}]")


def blog_batch(secret, bucket_url):
    """The T-SQL of the blog's Figure 3, as PowerShell hands it to SQL Server."""
    statement = f"CREDENTIAL [s3://{bucket_url}] WITH IDENTITY = '+''''+'S3 Access Key'+''''+', SECRET = '+''''+'{secret}'+''''+';' ;"
    return f"""DECLARE @tsql NVARCHAR(4000);

        IF CONVERT(VARCHAR(128), SERVERPROPERTY ('productversion')) like '16%'
            BEGIN
                BEGIN TRY
                    BEGIN TRANSACTION
                        IF exists (select * from sys.credentials where name = 's3://{bucket_url}')
                        BEGIN
                            SET @tsql = 'ALTER {statement}
                            EXEC(@tsql)
                        END
                    ELSE
                        BEGIN
                            SET @tsql = 'CREATE {statement}
                            EXEC(@tsql);
                        END
                    COMMIT TRAN
                END TRY
                BEGIN CATCH
                    IF @@TRANCOUNT > 0
                        ROLLBACK TRAN ;

                    DECLARE @ErrorMessage NVARCHAR(4000);
                    DECLARE @ErrorSeverity INT;
                    DECLARE @ErrorState INT;

                    SELECT
                        @ErrorMessage = ERROR_MESSAGE(),
                        @ErrorSeverity = ERROR_SEVERITY(),
                        @ErrorState = ERROR_STATE();
                    RAISERROR (@ErrorMessage, @ErrorSeverity, @ErrorState);
                END CATCH
            END"""


def test_the_blogs_batch(client, target):
    url = f"other-bucket.s3.us-east-1.amazonaws.com/{client.package}"
    for key in ("AKIAFIRST", "AKIASECOND"):
        client(target).rows(blog_batch(f"{key}:secret", url))
        assert target.key(f"s3://{url}") == key


def backup(name):
    return f"BACKUP DATABASE db1\nTO URL = '{CREDENTIAL}/{name}.bak'\nWITH FORMAT, COMPRESSION, MAXTRANSFERSIZE = 20971520;"


def test_the_blogs_backup(client, target):
    connection = client(target)
    connection.rows(backup(client.package))
    header, = connection.rows(f"RESTORE HEADERONLY FROM URL = '{CREDENTIAL}/{client.package}.bak'")
    assert "db1" in header
    with pytest.raises(Refused) as refused:
        connection.rows("BACKUP DATABASE db1 TO URL = 's3://nobody.s3.us-east-1.amazonaws.com/x.bak'")
    assert "Operating system error 50" in refused.value.text or "BACKUP DATABASE is terminating abnormally." in refused.value.text


def test_no_permission_no_rows(client, lab):
    powerless = Target(lab, "powerless")
    assert client(powerless).rows("SELECT name FROM sys.credentials") == []


# --- FreeTDS's own programs ---


@pytest.fixture
def freetds(target, tmp_path):
    """Runs tsql or bsqldb; gives back everything that was printed."""
    conf = tmp_path / "freetds.conf"
    conf.write_text(f"[global]\ntds version = 7.4\nencryption = require\nca file = {target.ca_file}\n"
                    f"[server]\nhost = localhost\nport = {target.port}\n")

    def run(program, text, password=None, ca_file=None):
        if ca_file:
            conf.write_text(conf.read_text().replace(target.ca_file, ca_file))
        options = ["-q"] if program == "bsqldb" else []
        done = subprocess.run([program, "-S", "server", "-U", target.login, "-P", password or target.password, *options],
                              input=text, env={"FREETDSCONF": str(conf), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        return done.stdout

    return run


@pytest.mark.parametrize("program", ["tsql", "bsqldb"])
def test_freetds_programs(freetds, target, program):
    assert "db1" in freetds(program, "SELECT name FROM sys.databases\nGO\n")
    assert "Divide by zero error encountered." in freetds(program, "SELECT 1 / 0\nGO\n")
    assert "15151" in freetds(program, "DROP CREDENTIAL nope\nGO\n")
    printed = freetds(program, backup(program) + "\nGO\n")
    assert "BACKUP DATABASE successfully processed" in printed
    before = target.key()
    freetds(program, f"BEGIN TRAN\nALTER CREDENTIAL [{CREDENTIAL}] WITH IDENTITY = 'S3 Access Key', SECRET = 'AKIAX:y'\nROLLBACK\nGO\n")
    assert target.key() == before
    freetds(program, blog_batch("AKIATHIRD:secret", f"other-bucket.s3.us-east-1.amazonaws.com/{program}") + "\nGO\n")
    assert target.key(f"s3://other-bucket.s3.us-east-1.amazonaws.com/{program}") == "AKIATHIRD"


@pytest.mark.parametrize("program", ["tsql", "bsqldb"])
def test_freetds_programs_are_refused_with_a_wrong_password(freetds, program):
    assert "Login failed for user" in freetds(program, "SELECT 1\nGO\n", password="wrong")


def test_freetds_refuses_another_authority(freetds, tmp_path):
    other = tmp_path / "other.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=other", "-keyout", str(tmp_path / "key.pem"), "-out", str(other)], check=True, capture_output=True)
    assert "There was a problem connecting to the server" in freetds("tsql", "SELECT 1\nGO\n", ca_file=str(other))


# --- tedious ---


@pytest.fixture
def tedious(target):
    node = node_with("tedious")

    def run(sql, params=None, password=None, ca=True):
        options = {"port": target.port, "encrypt": True, "trustServerCertificate": not ca, "connectTimeout": 10_000,
                   "cryptoCredentialsDetails": {"ca": pathlib.Path(target.ca_file).read_text()} if ca else {}}
        config = {"server": "localhost", "options": options, "authentication": {
            "type": "default", "options": {"userName": target.login, "password": password or target.password}}}
        job = json.dumps({"config": config, "sql": sql, **({"params": params} if params else {})})
        done = subprocess.run([node, str(ROOT / "tests/interop/tedious_client.js"), job], capture_output=True, text=True, timeout=60,
                              env={"NODE_PATH": str(NODE_MODULES), "PATH": "/usr/bin:/bin"})
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def test_tedious(tedious, target):
    assert tedious(f"SELECT name FROM sys.credentials WHERE name = '{CREDENTIAL}'")["rows"] == [[CREDENTIAL]]
    assert tedious(TYPES)["rows"][0][:5] == [True, 2, -3, -4, "5000000000"]
    for view in VIEWS:
        assert tedious(f"SELECT * FROM {view}")["errors"] == []
    assert tedious("SELECT @a + @b, @n", {"a": 40, "b": 2, "n": "it's"})["rows"] == [[42, "it's"]]
    assert tedious("SELECT 1", password="wrong")["errors"][0][0] in (18456, "ELOGIN")
    assert tedious("DROP CREDENTIAL nope")["errors"] == [[15151, NO_CREDENTIAL]]
    before = target.key()
    tedious(f"BEGIN TRAN; ALTER CREDENTIAL [{CREDENTIAL}] WITH IDENTITY = 'S3 Access Key', SECRET = 'AKIAX:y'; ROLLBACK")
    assert target.key() == before
    tedious(blog_batch("AKIAFOURTH:secret", "other-bucket.s3.us-east-1.amazonaws.com/tedious"))
    assert target.key("s3://other-bucket.s3.us-east-1.amazonaws.com/tedious") == "AKIAFOURTH"
    infos = tedious(backup("tedious"))["infos"]
    assert any(re.match(r"BACKUP DATABASE successfully processed \d+ pages in ", info) for info in infos)
