"""The list of parts (SBOM) of all that is shipped, as SPDX 2.3 in JSON."""

import datetime
import hashlib
import json
import re
import uuid

_UNKNOWN = "NOASSERTION"


def _id(text):
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.]", "-", text)


def _debian(package):
    version = package.version.replace(":", "%3A").replace("+", "%2B")
    name = package.name.replace("+", "%2B")
    purl = f"pkg:deb/debian/{name}@{version}?arch={package.architecture}&distro=debian-12"
    return {"SPDXID": _id(f"debian-{package.name.replace('+', 'plus')}"), "name": package.name, "versionInfo": package.version,
            "supplier": "Organization: Debian", "sourceInfo": f"binary package of the source package {package.source}",
            "downloadLocation": _UNKNOWN, "filesAnalyzed": False, "licenseConcluded": _UNKNOWN, "licenseDeclared": _UNKNOWN,
            "copyrightText": _UNKNOWN,
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}]}


def _ours(name, version, **more):
    return {"SPDXID": _id(name), "name": name, "versionInfo": version, "supplier": "Organization: keyturn",
            "downloadLocation": _UNKNOWN, "filesAnalyzed": False, "licenseConcluded": "Apache-2.0", "licenseDeclared": "Apache-2.0",
            "copyrightText": _UNKNOWN} | more


def document(version, told, artifacts, epoch):
    """The document as text. `told` is what `keyturn --version` says; `artifacts` are (path, [(relation, Package)]), the
    relation as in "artifact STATIC_LINK package"; `epoch` the date of the document in seconds."""
    packages = {"": _ours("keyturn", version, sourceInfo=told, primaryPackagePurpose="APPLICATION")}
    relationships = []

    def relate(one, relation, other):
        relationships.append({"spdxElementId": one, "relationshipType": relation, "relatedSpdxElement": other})

    for path, parts in artifacts:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        packages[path.name] = _ours(path.name, version, packageFileName=path.name,
                                    checksums=[{"algorithm": "SHA256", "checksumValue": digest}])
        relate("SPDXRef-DOCUMENT", "DESCRIBES", _id(path.name))
        relate(_id(path.name), "GENERATED_FROM", _id("keyturn"))
        for relation, package in parts:
            packages[package] = _debian(package)
            relate(_id(path.name), relation, packages[package]["SPDXID"])
    name = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps([list(packages.values()), relationships]))
    created = datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps({"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
                       "name": f"keyturn-{version}", "documentNamespace": f"urn:uuid:{name}",
                       "creationInfo": {"created": created, "creators": ["Organization: keyturn", "Tool: keyturn-sbom"]},
                       "packages": list(packages.values()), "relationships": relationships}, indent=1) + "\n"
