"""A Windows host with SQL Servers, as far as discovery can tell: a seeded registry, and stand-in services of Wine's own
service manager."""

import json

import wine

SQL = r"SOFTWARE\Microsoft\Microsoft SQL Server"
SQL_32 = r"SOFTWARE\WOW6432Node\Microsoft\Microsoft SQL Server"
NETWORK = r"\MSSQLServer\SuperSocketNetLib"
TCP = NETWORK + r"\Tcp"
STAND_IN = wine.BUILD / "tests" / "windows" / "service" / "stand_in_service.exe"


def _value(value):
    """A value as a .reg file has it: texts, lists of texts, numbers; bytes are REG_BINARY."""
    if isinstance(value, int):
        return f"dword:{value:08x}"
    if isinstance(value, bytes):
        return "hex:" + value.hex(",")
    if isinstance(value, list):
        return "hex(7):" + "".join(text + "\0" for text in [*value, ""]).encode("utf-16-le").hex(",")
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def service_of(instance):
    return instance if instance == "MSSQLSERVER" else "MSSQL$" + instance


class SqlHost:
    """One layout at a time in `windows`, a wine.Prefix; reset() empties the host."""

    def __init__(self, windows):
        self.windows = windows
        self._services = set()
        self._keys = {}

    def reset(self):
        for service in sorted(self._services):
            if not self.state(service).startswith(("STOPPED", "MISSING")):
                self.control("stop", service)
            self.control("remove", service)
        self._services.clear()
        self._keys.clear()
        self.windows.seed("".join(f"[-HKEY_LOCAL_MACHINE\\{key}]\n\n" for key in (SQL, SQL_32)))

    def key(self, path, **values):
        """Adds values to a key below HKLM; an empty name is not needed here."""
        self._keys.setdefault(path, {}).update(values)

    def instance(self, name, port="", dynamic="", *, number=16, listed=True, service="RUNNING", options=(), cluster=None):
        """As Setup leaves it, and its service in that state; no service with None. Returns its key."""
        key = f"{SQL}\\MSSQL{number}.{name}"
        if listed:
            self.key(SQL, InstalledInstances=[*self._keys.get(SQL, {}).get("InstalledInstances", []), name])
            self.key(SQL + r"\Instance Names\SQL", **{name: f"MSSQL{number}.{name}"})
        self.key(key + r"\Setup", Version=f"{number}.0.1000.6", PatchLevel=f"{number}.0.4135.4",
                 Edition="Standard Edition", SQLCluster=int(cluster is not None))
        self.key(key + TCP, Enabled=1, ListenOnAllIPs=1)
        self.key(key + TCP + r"\IPAll", TcpPort=port, TcpDynamicPorts=dynamic)
        if cluster is not None:
            self.key(key + r"\Cluster", ClusterName=cluster)
        if service is not None:
            self.service(name, service, *options)
        return key

    def service(self, instance, state="RUNNING", *options):
        name = service_of(instance)
        self._services.add(name)
        self.control("install", name, *options)
        if state != "STOPPED":
            self.control("start", name, *(["--no-wait"] if state.endswith("_PENDING") else []))
        if state == "PAUSED":
            self.control("pause", name)
        if state == "STOP_PENDING":
            self.control("stop", name, "--no-wait")

    def control(self, command, service, *options):
        # Seen once in some thousand starts on a busy machine: a program under Wine that ends without a word.
        for _ in range(2):
            result = self.windows.run(STAND_IN, command, service, *options)
            if result.returncode == 0 or result.stderr:
                break
        assert result.returncode == 0, f"exit status {result.returncode}: {result.stderr}"
        return result.stdout.strip()

    def state(self, service):
        return self.control("state", service)

    def seed(self):
        """Writes what key() and instance() gathered."""
        text = ""
        for key, values in self._keys.items():
            text += f"[HKEY_LOCAL_MACHINE\\{key}]\n"
            text += "".join(f'"{name}"={_value(value)}\n' for name, value in values.items()) + "\n"
        self.windows.seed(text)

    def discover(self, settings="check_listener = false\n"):
        """The document of `keyturn discover`, after seed(). Under Wine nobody can tell whose a listener is."""
        self.seed()
        config = self.windows.path / "keyturn.toml"
        config.write_text("[host]\n" + settings, encoding="utf-8")
        result = self.windows.run(wine.KEYTURN, "discover", "--config", wine.windows_path(config), "--output", "json")
        assert result.returncode == 0, result.stdout + result.stderr
        return json.loads(result.stdout)

    def found(self, settings="check_listener = false\n"):
        """name -> instance"""
        document = self.discover(settings)
        return {instance["name"]: instance for instance in document["instances"]}
