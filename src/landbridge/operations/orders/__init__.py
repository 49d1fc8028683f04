"""Orders in: files of shops and marketplaces become parcels of our table and shipments of a case."""
