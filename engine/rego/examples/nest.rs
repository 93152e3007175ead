//! nest
use referee_rego::*;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let d: usize = a[3].parse().unwrap();
    let t = format!("package p\nx := {}1{}\n", a[1].repeat(d), a[2].repeat(d));
    let s = std::time::Instant::now();
    let r = RegoEngine::compile(&[Module::new("p", t)], Value::object([]), CompileOptions::DEFAULT);
    println!("{} {d} {:?} {:?}", a[1], s.elapsed(), r.err().map(|e| e.to_string().chars().take(90).collect::<String>()));
}
