use super::Folder;
use crate::journal::Storage;

#[test]
fn a_direct_file_keeps_what_plain_ones_do() {
    let path = std::env::temp_dir().join(format!("ringfence-folder-{}", std::process::id()));
    let mut folder = Folder::open(&path).unwrap();
    let mut file = folder.create("a", 10_000).unwrap();
    if !file.be_direct() {
        eprintln!("skipped: no direct writes in {}", path.display());
    }
    for at in [0, 100, 5_000, 100] {
        file.write_all_at(&[3; 200], at).unwrap();
        file.sync().unwrap();
    }
    let mut read = vec![0; 5_200];
    folder.open("a").unwrap().read_exact_at(&mut read, 0).unwrap();
    let is_written = |at: usize| !(300..5_000).contains(&at);
    assert!((0..5_200).all(|at| (read[at] == 3) == is_written(at)), "{read:?}");
    file.write_all_at(&[4; 8], 300).unwrap();
    file.truncate(304).unwrap();
    assert_eq!(std::fs::read(path.join("a")).unwrap().len(), 304);
    assert_eq!(std::fs::read(path.join("a")).unwrap()[300..], [4; 4]);
    std::fs::remove_dir_all(path).unwrap();
}
