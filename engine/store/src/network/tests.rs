use super::*;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

/// Answers each connection with the next of these.
fn server(answers: Vec<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for answer in answers {
            let (mut connection, _) = listener.accept().unwrap();
            let mut asked = [0; 4_096];
            let _asked = connection.read(&mut asked).unwrap();
            connection.write_all(answer.as_bytes()).unwrap();
        }
    });
    format!("http://{address}/")
}

fn answer(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

fn request(url: &str) -> HttpRequest {
    HttpRequest {
        method: "GET".into(),
        url: url.into(),
        headers: vec![("X-Asked".into(), "yes".into())],
        body: None,
        timeout: Duration::from_secs(5),
        follow_redirects: true,
        max_bytes: 100,
        tls: TlsOptions::default(),
    }
}

fn network(hosts: &[&str]) -> (PolicyNetwork, tokio::runtime::Runtime) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
    (PolicyNetwork::new(Reach::Hosts(hosts), runtime.handle().clone()), runtime)
}

#[test]
fn a_listed_host_answers_status_headers_and_body() {
    let url = server(vec![answer("201 Created\r\nX-Told: a", "{}")]);
    let (network, _runtime) = network(&["127.0.0.1"]);
    let told = network.http(&request(&url)).unwrap();
    assert_eq!((told.status_code, told.status.as_str()), (201, "201 Created"));
    assert_eq!(told.body, b"{}");
    assert!(told.headers.contains(&("x-told".into(), "a".into())));
}

#[test]
fn another_host_is_refused_and_so_is_a_redirect_to_one() {
    let (network, _runtime) = network(&["127.0.0.1"]);
    let refused = network.http(&request("http://localhost:1/")).unwrap_err();
    assert_eq!(refused, HostError::Forbidden);
    assert_eq!(network.lookup("localhost").unwrap_err(), HostError::Forbidden);
    let url = server(vec![answer("302 Found\r\nLocation: http://localhost:1/", "")]);
    assert_eq!(network.http(&request(&url)).unwrap().status_code, 302);
}

#[test]
fn an_answer_over_the_limit_and_one_that_never_comes_are_errors() {
    let (network, _runtime) = network(&["127.0.0.1"]);
    let url = server(vec![answer("200 OK", &"x".repeat(101))]);
    let error = network.http(&request(&url)).unwrap_err();
    assert_eq!(error, HostError::Failed("the answer is over 100 bytes".into()));
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let hasty = HttpRequest { timeout: Duration::from_millis(50), ..request(&url) };
    assert_eq!(network.http(&hasty).unwrap_err(), HostError::Timeout);
}

#[test]
fn a_name_is_resolved_where_it_is_listed() {
    let (network, _runtime) = network(&["localhost"]);
    let addresses = network.lookup("localhost").unwrap();
    assert!(addresses.iter().all(IpAddr::is_loopback) && !addresses.is_empty(), "{addresses:?}");
}

#[test]
fn nobody_waits_for_an_answer_once_the_evaluation_has_ended() {
    let (network, _runtime) = network(&["127.0.0.1"]);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let start = Instant::now();
    let ended = || start.elapsed() >= Duration::from_millis(30);
    assert_eq!(network.http_until(&request(&url), &ended).unwrap_err(), HostError::Timeout);
    network.wait_until(Duration::from_secs(60), &ended);
    // A millisecond on a machine that has nothing else to do.
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}
