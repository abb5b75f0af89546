"""RTMPS: a platform behind a certificate that is right, and behind ones that are not."""

import datetime
import subprocess

import certificates
import compare
import media
import publishers
import pytest


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return certificates.Authority(tmp_path_factory.mktemp("tls") / "authority")


@pytest.fixture
def secured(authority, platform, tmp_path, cleanup):
    def make(certificate, **more):
        one = platform()
        return one, certificates.Stunnel(tmp_path / "stunnel", cleanup, certificate, one.port, **more)

    return make


def refused_because(sluice, tunnel, film, tmp_path, cleanup, **fields):
    stream = sluice.add_stream(tunnel.url, key="k", **fields)["id"]
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    shown = sluice.wait_for_state(stream, "retrying")
    assert shown["next_try_at"] is not None
    assert shown["reason"]["text"]
    return shown["reason"]["code"]


def test_a_private_authority_given_per_stream_is_trusted(authority, secured, sluice, film, tmp_path, cleanup):
    one, tunnel = secured(authority.certificate("right", "127.0.0.1"))
    stream = sluice.add_stream(tunnel.url, key="k", tls_ca=authority.pem)["id"]
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    session = one.wait_for_media(count=100)
    assert sluice.wait_for_state(stream, "live")["reason"] is None
    compare.assert_relayed(media.packets(film), session.packets, to_the_end=False)


def test_a_host_name_is_verified_as_well(authority, secured, sluice, film, tmp_path, cleanup):
    one, tunnel = secured(authority.certificate("by-name", "localhost"))
    url = f"rtmps://localhost:{tunnel.port}/live"
    sluice.add_stream(url, key="k", tls_ca=authority.pem)
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    session = one.wait_for_media(count=20)
    assert session.event("publish")["tc_url"] == url


def test_the_host_name_is_said_before_the_certificate_is_chosen(
    authority, secured, sluice, film, tmp_path, cleanup
):
    """SNI: many platforms have one address for many names, and a caller that names none gets another certificate."""
    right = authority.certificate("asked-for", "localhost")
    one, tunnel = secured(authority.certificate("unasked", "other.example"), named={"localhost": right})
    stream = sluice.add_stream(f"rtmps://localhost:{tunnel.port}/live", key="k", tls_ca=authority.pem)["id"]
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    one.wait_for_media(count=20)
    assert sluice.wait_for_state(stream, "live")["reason"] is None


def handshake(port, *options):
    """Whether openssl, as a caller that takes anything, comes to terms with the server."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-cipher", "ALL:@SECLEVEL=0", *options],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=20,
    )  # fmt: skip
    return done.returncode == 0


def up_to(version):
    return f"sslVersionMin = TLSv1\nsslVersionMax = {version}\nciphers = ALL:@SECLEVEL=0"


def test_a_server_older_than_tls_1_2_is_refused(authority, secured, sluice, film, tmp_path, cleanup):
    one, tunnel = secured(authority.certificate("old", "127.0.0.1"), options=up_to("TLSv1.1"))
    assert handshake(tunnel.port, "-tls1_1") and not handshake(tunnel.port, "-tls1_2")
    assert refused_because(sluice, tunnel, film, tmp_path, cleanup, tls_ca=authority.pem) == "tls_failed"
    assert one.last() is None


def test_tls_1_2_is_new_enough(authority, secured, sluice, film, tmp_path, cleanup):
    one, tunnel = secured(authority.certificate("1.2", "127.0.0.1"), options=up_to("TLSv1.2"))
    assert not handshake(tunnel.port, "-tls1_3")
    sluice.add_stream(tunnel.url, key="k", tls_ca=authority.pem)
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    one.wait_for_media(count=20)


def test_a_certificate_for_another_host_is_refused(authority, secured, sluice, film, tmp_path, cleanup):
    one, tunnel = secured(authority.certificate("wrong-host", "other.example"))
    code = refused_because(sluice, tunnel, film, tmp_path, cleanup, tls_ca=authority.pem)
    assert code == "tls_wrong_host"
    assert one.last() is None


def test_an_expired_certificate_is_refused(authority, secured, sluice, film, tmp_path, cleanup):
    now = datetime.datetime.now(datetime.timezone.utc)
    dates = [(now - datetime.timedelta(days=days)).strftime("%Y%m%d%H%M%SZ") for days in (20, 2)]
    one, tunnel = secured(authority.certificate("expired", "127.0.0.1", start=dates[0], end=dates[1]))
    code = refused_because(sluice, tunnel, film, tmp_path, cleanup, tls_ca=authority.pem)
    assert code == "tls_expired"
    assert one.last() is None


def test_a_certificate_from_the_future_is_put_down_to_the_clock(
    authority, secured, sluice, film, tmp_path, cleanup
):
    now = datetime.datetime.now(datetime.timezone.utc)
    dates = [(now + datetime.timedelta(days=days)).strftime("%Y%m%d%H%M%SZ") for days in (2, 20)]
    one, tunnel = secured(authority.certificate("future", "127.0.0.1", start=dates[0], end=dates[1]))
    code = refused_because(sluice, tunnel, film, tmp_path, cleanup, tls_ca=authority.pem)
    assert code == "tls_clock"
    assert one.last() is None


def test_a_self_signed_certificate_is_refused(authority, secured, sluice, film, tmp_path, cleanup):
    one, tunnel = secured(authority.self_signed("self-signed", "127.0.0.1"))
    assert refused_because(sluice, tunnel, film, tmp_path, cleanup) == "tls_untrusted"
    assert one.last() is None


def test_an_unknown_authority_is_refused_without_its_certificate(
    authority, secured, sluice, film, tmp_path, cleanup
):
    one, tunnel = secured(authority.certificate("unknown", "127.0.0.1"))
    assert refused_because(sluice, tunnel, film, tmp_path, cleanup) == "tls_untrusted"
    assert one.last() is None


def test_a_server_without_tls_is_told_from_a_bad_certificate(platform, sluice, film, tmp_path, cleanup):
    one = platform()
    stream = sluice.add_stream(f"rtmps://127.0.0.1:{one.port}/live", key="k")["id"]
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    assert sluice.wait_for_state(stream, "retrying")["reason"]["code"] == "tls_failed"


def test_a_tls_ca_that_is_no_certificate_is_named(sluice):
    answer = sluice.request(
        "POST", "/api/streams", {"name": "x", "server": "rtmps://127.0.0.1/live", "tls_ca": "not PEM"}
    )
    assert answer.status == 422 and answer.body["field"] == "tls_ca"
