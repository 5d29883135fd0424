//! Against servers that write their answers byte by byte, on threads of their own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

use super::*;

/// A server that does this; ended by its own doing. What it gives back is what it has seen.
fn server<T: Send + 'static>(
    serve: impl FnOnce(TcpListener) -> T + Send + 'static,
) -> (String, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || serve(listener));
    (format!("127.0.0.1:{port}"), thread)
}

/// The head of the next request on a connection; empty when there is none.
fn head(stream: &mut BufReader<TcpStream>) -> String {
    let mut head = String::new();
    while stream.read_line(&mut head).unwrap_or_default() > 2 {}
    head
}

fn say(stream: &mut BufReader<TcpStream>, text: &str) {
    stream.get_mut().write_all(text.as_bytes()).unwrap();
}

fn accepted(listener: &TcpListener) -> BufReader<TcpStream> {
    BufReader::new(listener.accept().unwrap().0)
}

async fn get(connections: &Connections, host: &str, path: &str) -> Result<Arrived, Broken> {
    let url = Url::parse(&format!("http://{host}/{path}")).unwrap();
    let asked = connections.send(Method::GET, &url, HeaderMap::new(), Bytes::new());
    asked.await
}

/// The body; or how far it came, and what broke it off.
async fn body(answer: &mut Arrived) -> Result<String, (String, Broken)> {
    let mut text = String::new();
    while let Some(chunk) = answer.chunk().await {
        match chunk {
            Ok(bytes) => text.push_str(std::str::from_utf8(&bytes).unwrap()),
            Err(broken) => return Err((text, broken)),
        }
    }
    Ok(text)
}

#[test]
fn addresses_are_split_where_their_path_begins() {
    for (address, origin, target) in [
        ("https://a.example/b?c=/d#e", "https://a.example", "/b?c=/d"),
        ("http://[::1]:8/", "http://[::1]:8", "/"),
    ] {
        assert_eq!(
            split(Url::parse(address).unwrap().as_str()),
            (origin, target)
        );
    }
}

#[tokio::test]
async fn a_connection_is_used_again_and_a_closed_one_is_not() {
    let (host, thread) = server(|listener| {
        let mut heads = Vec::new();
        for answers in [2, 1] {
            let mut stream = accepted(&listener);
            for _ in 0..answers {
                heads.push(head(&mut stream));
                say(
                    &mut stream,
                    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
                );
            }
        }
        heads
    });
    let connections = Connections::new(false).unwrap();
    let kept = || connections.host(&format!("http://{host}")).unwrap();
    for path in ["first", "second"] {
        let mut answer = get(&connections, &host, path).await.unwrap();
        assert_eq!(body(&mut answer).await.unwrap(), "ok");
        assert_eq!(kept().idle().len(), 1);
    }
    // The server has closed it; its end of the news takes its time.
    while !kept().idle()[0].sender.is_closed() {
        tokio::task::yield_now().await;
    }
    let mut answer = get(&connections, &host, "third").await.unwrap();
    assert_eq!(body(&mut answer).await.unwrap(), "ok");
    let heads = thread.join().unwrap();
    for (head, path) in heads.iter().zip(["first", "second", "third"]) {
        assert!(head.starts_with(&format!("GET /{path} HTTP/1.1\r\nhost: {host}\r\n")));
    }
}

#[tokio::test]
async fn a_request_that_may_have_come_is_not_repeated() {
    let (host, thread) = server(|listener| {
        let mut stream = accepted(&listener);
        // Nobody else is let in.
        drop(listener);
        head(&mut stream);
        say(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        // Read, and never answered.
        head(&mut stream)
    });
    let connections = Connections::new(false).unwrap();
    drop(get(&connections, &host, "first").await.unwrap());
    let second = get(&connections, &host, "second").await;
    assert_eq!(second.err(), Some(Broken::Off));
    assert!(thread.join().unwrap().starts_with("GET /second "));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_body() {
    for head_and_part in [
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\npart",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\npart\r\n",
    ] {
        let (host, thread) = server(move |listener| {
            let mut stream = accepted(&listener);
            head(&mut stream);
            say(&mut stream, head_and_part);
        });
        let connections = Connections::new(false).unwrap();
        let mut answer = get(&connections, &host, "x").await.unwrap();
        let broken = body(&mut answer).await.unwrap_err();
        assert_eq!(broken, ("part".to_owned(), Broken::Off));
        thread.join().unwrap();
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_like_any_other() {
    let (host, thread) = server(|listener| {
        let there = listener.local_addr().unwrap();
        let mut stream = accepted(&listener);
        drop(listener);
        head(&mut stream);
        let moved = format!(
            "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{there}/else\r\n\
             content-length: 0\r\nconnection: close\r\n\r\n"
        );
        say(&mut stream, &moved);
        head(&mut stream)
    });
    let connections = Connections::new(false).unwrap();
    let answer = get(&connections, &host, "x").await.unwrap();
    assert_eq!(answer.status(), 307);
    drop((answer, connections));
    assert_eq!(thread.join().unwrap(), "", "it was followed");
}

#[tokio::test]
async fn what_nobody_read_is_never_the_next_answer() {
    let (host, thread) = server(|listener| {
        // Whether the connection is used again or another is made, is not ours to say.
        let mut stream = accepted(&listener);
        head(&mut stream);
        say(
            &mut stream,
            "HTTP/1.1 404 Not There\r\ncontent-length: 900000\r\n\r\nfirst",
        );
        let rest = "first".repeat(900_000);
        let _it_may_be_closed = stream.get_mut().write_all(&rest.as_bytes()[5..900_000]);
        let again = head(&mut stream);
        if again.is_empty() {
            stream = accepted(&listener);
            head(&mut stream);
        }
        say(
            &mut stream,
            "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecond",
        );
    });
    let connections = Connections::new(false).unwrap();
    let unread = get(&connections, &host, "first").await.unwrap();
    assert_eq!(unread.status(), 404);
    drop(unread);
    let mut answer = get(&connections, &host, "second").await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(body(&mut answer).await.unwrap(), "second");
    thread.join().unwrap();
}

#[tokio::test]
async fn silence_is_no_answer() {
    let (host, thread) = server(|listener| {
        let mut stream = accepted(&listener);
        head(&mut stream);
        say(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        head(&mut stream);
        say(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n");
        // Until the client has had enough.
        let mut nothing = Vec::new();
        stream.read_to_end(&mut nothing).unwrap();
        accepted(&listener).read_to_end(&mut nothing).unwrap();
    });
    let connections = Connections::new(false).unwrap();
    drop(get(&connections, &host, "first").await.unwrap());
    let mut answer = get(&connections, &host, "second").await.unwrap();
    // From here on, time passes only where nothing else happens.
    tokio::time::pause();
    let broken = body(&mut answer).await.unwrap_err();
    assert_eq!(broken, (String::new(), Broken::Off));
    drop(answer);
    tokio::time::resume();
    let fresh = connections.host(&format!("http://{host}")).unwrap();
    let fresh_one = connections.dial.to(&fresh.origin).await.unwrap();
    fresh.give_back(fresh_one);
    tokio::time::pause();
    assert_eq!(
        get(&connections, &host, "third").await.err(),
        Some(Broken::Off)
    );
    drop((connections, fresh));
    // Let the task behind the connection see that nobody wants it any more.
    tokio::time::resume();
    while !thread.is_finished() {
        tokio::task::yield_now().await;
    }
    thread.join().unwrap();
}

#[tokio::test]
async fn nothing_is_said_in_the_clear_where_tls_was_meant() {
    for speaks_tls in [true, false] {
        let (host, thread) = server(|listener| {
            let mut stream = accepted(&listener);
            let mut first = [0];
            let _nothing = stream.read(&mut first);
            first[0]
        });
        let connections = Connections::new(speaks_tls).unwrap();
        let url = Url::parse(&format!("https://{host}/x?sig=c3ludGhldGlj")).unwrap();
        let sent = connections.send(Method::GET, &url, HeaderMap::new(), Bytes::new());
        let refused = sent.await.err().unwrap();
        assert_eq!(refused, Broken::Unconnected);
        let text = format!("{refused} {refused:?} {connections:?}");
        assert!(
            !text.contains("c3ludGhldGlj") && !text.contains(&host),
            "{text}"
        );
        // Where no connection was made, the server waits for one.
        drop(TcpStream::connect(&host));
        // A greeting of TLS begins with this byte; or nothing was said at all.
        let first = if speaks_tls { 0x16 } else { 0 };
        assert_eq!(thread.join().unwrap(), first);
    }
}

/// Where the other process of the test below finds its server.
const TRUSTED: &str = "REMIT_TEST_OF_TRUST";

/// Whom to trust is read once in a process: the one of this test trusts nobody new, another what it is told to.
#[tokio::test]
async fn a_host_is_spoken_to_if_the_system_trusts_its_certificate() {
    if let Ok(address) = std::env::var(TRUSTED) {
        let connections = Connections::new(true).unwrap();
        let url = Url::parse(&address).unwrap();
        let sent = connections.send(Method::GET, &url, HeaderMap::new(), Bytes::new());
        assert_eq!(body(&mut sent.await.unwrap()).await.unwrap(), "ok");
        return;
    }
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    let config = Arc::new(config);
    let (host, thread) = server(move |listener| {
        let heads = [0, 1].map(|_| {
            let session = rustls::ServerConnection::new(config.clone()).unwrap();
            let (stream, _) = listener.accept().unwrap();
            let mut stream = BufReader::new(rustls::StreamOwned::new(session, stream));
            let mut head = String::new();
            while stream.read_line(&mut head).unwrap_or_default() > 2 {}
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
            let _refused = stream.get_mut().write_all(answer);
            head
        });
        heads.map(|head| head.lines().next().unwrap_or_default().to_owned())
    });
    let address = format!("https://{}/x", host.replace("127.0.0.1", "localhost"));
    let connections = Connections::new(true).unwrap();
    let url = Url::parse(&address).unwrap();
    let sent = connections.send(Method::GET, &url, HeaderMap::new(), Bytes::new());
    assert_eq!(sent.await.err(), Some(Broken::Unconnected));
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("certificate.pem");
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    let this = "a_host_is_spoken_to_if_the_system_trusts_its_certificate";
    let other = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("connections::tests::{this}")])
        .env("SSL_CERT_FILE", certificate)
        .env(TRUSTED, address)
        .output()
        .unwrap();
    assert!(other.status.success(), "{other:?}");
    assert_eq!(thread.join().unwrap(), ["", "GET /x HTTP/1.1"]);
}

/// What another process of the test below is to do: reach somebody elsewhere, and a server on this machine.
const HERE: &str = "REMIT_TEST_OF_A_PROXY";

/// The environment is of a process: another one is given a proxy.
#[tokio::test]
async fn what_lies_elsewhere_is_reached_through_the_proxy_and_nothing_in_the_clear() {
    if let Ok(here) = std::env::var(HERE) {
        let connections = Connections::new(true).unwrap();
        let url = Url::parse("https://somebody.example/x?sig=c3ludGhldGlj").unwrap();
        for expect in [Broken::Proxy, Broken::Unconnected] {
            let sent = connections.send(Method::GET, &url, HeaderMap::new(), Bytes::new());
            assert_eq!(sent.await.err(), Some(expect));
        }
        assert_eq!(
            get(&connections, &here, "near").await.unwrap().status(),
            204
        );
        return;
    }
    let (here, near) = server(|listener| {
        let mut stream = accepted(&listener);
        let seen = head(&mut stream);
        say(&mut stream, "HTTP/1.1 204 Nothing\r\n\r\n");
        seen
    });
    let (proxy, thread) = server(|listener| {
        ["407 Who Are You", "200 Go On"].map(|answer| {
            let mut stream = accepted(&listener);
            let seen = head(&mut stream);
            say(&mut stream, &format!("HTTP/1.1 {answer}\r\n\r\n"));
            let mut first = [0];
            let _closed = stream.read(&mut first);
            (seen, first[0])
        })
    });
    let this = "what_lies_elsewhere_is_reached_through_the_proxy_and_nothing_in_the_clear";
    let proxy = format!("http://ada:c2VjcmV0@{proxy}");
    let other = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("connections::tests::{this}")])
        .envs([("HTTPS_PROXY", &proxy), ("HTTP_PROXY", &proxy)])
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .env(HERE, here)
        .output()
        .unwrap();
    assert!(other.status.success(), "{other:?}");
    let [refused, tunnelled] = thread.join().unwrap();
    let asked = "CONNECT somebody.example:443 HTTP/1.1\r\nHost: somebody.example:443\r\n\
                 Proxy-Authorization: Basic YWRhOmMyVmpjbVYw\r\n\r\n";
    assert_eq!(refused, (asked.to_owned(), 0));
    // A greeting of TLS begins with this byte.
    assert_eq!(tunnelled, (asked.to_owned(), 0x16));
    assert!(near.join().unwrap().starts_with("GET /near "));
}
